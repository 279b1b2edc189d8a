"""How many executions may run, and for how many who only wait there is room beside them."""

from __future__ import annotations

from bitrix_events.engine.places import Places


def take(places: Places, count: int = 1, portal: str = "acme", *, is_cut: bool = False) -> None:
    """So many executions of a portal have started."""
    places.take([portal] * count, idle=places.idle(), is_cut=is_cut)


def started(places: Places, count: int, *, aside: int = 0, portal: str = "acme") -> None:
    """So many executions of a portal have started, and some of them stand aside."""
    take(places, count, portal)
    for _ in range(aside):
        places.step_aside(portal)


def ended(places: Places, count: int, *, went_alone: bool, portal: str = "acme") -> None:
    """So many executions have run that stood aside for a while."""
    for _ in range(count):
        take(places, 1, portal)
        places.step_aside(portal)
        places.step_back(portal)
        places.leave(portal, stood_aside=True, went_alone=went_alone)


def room(places: Places, portal: str = "acme") -> int:
    """For how many who stand aside others may start."""
    many = places.of_portal * 100
    started(places, many, aside=many, portal=portal)
    found = places.idle()[portal]
    for _ in range(many):
        places.step_back(portal)
        places.leave(portal, stood_aside=False, went_alone=False)
    return found


def test_who_stands_aside_takes_no_place() -> None:
    places = Places(10, 4)

    started(places, 4, aside=3)

    assert places.free == 9
    assert places.idle() == {"acme": 3}


def test_who_steps_back_takes_a_place_again() -> None:
    places = Places(10, 4)
    started(places, 12, aside=12)
    all_aside = places.free

    for _ in range(12):
        places.step_back("acme")

    assert all_aside == 10
    assert places.free == -2
    assert places.idle() == {}


def test_not_everybody_may_stand_aside() -> None:
    places = Places(10, 4)

    started(places, 85, aside=85)

    assert places.free == 5, "eighty make room"


def test_there_is_more_room_as_executions_share_their_requests() -> None:
    places = Places(100, 4)
    at_first = room(places)
    ended(places, 5, went_alone=False)
    later = room(places)
    ended(places, 1000, went_alone=False)

    assert (at_first, later, room(places)) == (4, 9, 60)


def test_there_is_less_room_as_they_need_requests_of_their_own() -> None:
    places = Places(10, 4)
    ended(places, 20, went_alone=False)
    ended(places, 2, went_alone=True)
    later = room(places)
    ended(places, 100, went_alone=True)

    assert (later, room(places)) == (16, 4)


def test_portals_have_rooms_of_their_own() -> None:
    places = Places(100, 4)
    ended(places, 100, went_alone=False, portal="other")

    assert (room(places), room(places, "other")) == (4, 60)


def test_portals_share_the_room_that_there_is() -> None:
    places = Places(10, 4)
    for portal in ("a", "b", "c", "d", "e"):
        ended(places, 100, went_alone=False, portal=portal)
        started(places, 20, aside=20, portal=portal)

    assert places.idle() == dict.fromkeys("abcde", 8), "half of eighty"


def test_a_portal_has_room_however_many_there_are() -> None:
    places = Places(10, 4)
    for number in range(30):
        started(places, 4, aside=4, portal=f"portal {number}")

    assert set(places.idle().values()) == {4}


def test_who_calls_nobody_changes_nothing() -> None:
    places = Places(10, 4)
    ended(places, 20, went_alone=False)
    before = room(places)
    for _ in range(100):
        take(places)
        places.leave("acme", stood_aside=False, went_alone=False)

    assert room(places) == before


def test_executions_are_followed_while_a_claim_takes_all_that_there_is_room_for() -> None:
    places = Places(100, 4)
    take(places, 4)
    at_first = places.has_followers("acme")
    started(places, 0, aside=4)
    take(places, 3)

    assert (at_first, places.has_followers("acme")) == (True, False)


def test_those_of_a_claim_that_was_for_no_more_are_followed() -> None:
    places = Places(100, 4)
    take(places, 2, "other")
    take(places, 2, "acme", is_cut=True)

    assert (places.has_followers("acme"), places.has_followers("other")) == (True, False)


def test_nobody_follows_who_has_no_room() -> None:
    places = Places(100, 4)
    take(places, 4)
    started(places, 0, aside=4)
    take(places, 4)

    assert not places.has_followers("acme")


def test_the_last_who_ends_is_followed_by_nobody() -> None:
    places = Places(100, 1)
    take(places, 1)
    places.leave("acme", stood_aside=False, went_alone=False)

    assert not places.has_followers("acme")
