"""``changed=`` at registration, and a record beside a snapshot."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import Field

from bitrix_events import (
    UNKNOWN,
    App,
    Changes,
    Event,
    HandlerSignatureError,
    Router,
)
from bitrix_events.events import Contact, Deal, OnCrmContactAdd, OnCrmDealDelete, OnCrmDealUpdate
from bitrix_events.routing.changes import Changed, changed_of
from bitrix_events.routing.router import Handler
from tests.unit.engine.parts import app_of


class Roofing(Deal):
    area: float = Field(0, alias="UF_CRM_1712")


class Counted(Deal):
    count: int | None = Field(None, alias="UF_CRM_2")


async def plain(event: Event) -> None: ...


async def roofing(deal: Roofing) -> None: ...


async def asking(changes: Changes) -> None: ...


def handler_of(function: Any = plain, *events: Any, **options: Any) -> Handler:
    router = Router("deals")
    router.on(*events or (OnCrmDealUpdate,), **options)(function)
    return router.handlers[0]


def changed(option: Any, record: type[Deal] = Deal, **options: Any) -> Changed:
    return changed_of(option, options.get("first_seen", "run"), record, "deals.plain")


def test_the_fields_are_those_of_the_record_that_the_handler_asks_for() -> None:
    found = handler_of(roofing, changed=("UF_CRM_1712", "STAGE_ID")).changed

    assert found is not None
    assert found.record is Roofing
    assert [field.name for field in found.fields] == ["area", "stage_id"]
    assert str(found) == "area, stage_id"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"changed": "stage"}, "deals.plain: changed=: Deal has no field 'stage'; did you mean st"),
        ({"changed": ("stage_id", "STAGE_ID")}, "names a field twice: stage_id, STAGE_ID"),
        ({"changed": 7}, "takes the name of a field, several of them, or"),
        ({"changed": ()}, "takes the name of a field"),
        ({"changed": [7]}, "takes the name of a field"),
        ({"changed": {"stage_id": ()}}, "takes for stage_id the value that it moves to, or a pair"),
        ({"changed": {"stage_id": ("A", "B", "C")}}, "takes for stage_id the value"),
        ({"changed": {"assigned_by_id": "Ada"}}, "wants assigned_by_id to be 'Ada', which it neve"),
        ({"changed": {"stage_id": UNKNOWN}}, "wants stage_id to be UNKNOWN, which it never is"),
        ({"changed": {"stage_id": ("A", "A")}}, "from 'A' to 'A', which is no change"),
        ({"first_seen": "skip"}, "first_seen= is about what changed= watches"),
        ({"changed": "stage_id", "first_seen": "never"}, 'first_seen= is "run" or "skip"'),
        ({"portals": "acme.bitrix24.com"}, "portals= takes several portals"),
        ({"portals": []}, "portals= takes several portals"),
        ({"portals": ["https://acme.bitrix24.com/"]}, "takes member ids or addresses"),
        ({"portals": [b"acme.bitrix24.com"]}, "takes member ids or addresses"),
        ({"mode": "sometimes"}, 'mode= is "online", "offline" or "both", not'),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(HandlerSignatureError, match=told):
        handler_of(**options)


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([OnCrmDealDelete], "changed= asks about a record, and OnCrmDealDelete brings none"),
        (["ONSOMETHING"], "changed= asks about a record, and an event that no class is known of"),
        ([OnCrmDealUpdate, OnCrmContactAdd], "changed= asks about one kind of record"),
    ],
)
def test_events_without_one_kind_of_record_are_refused(events: list[Any], told: str) -> None:
    with pytest.raises(HandlerSignatureError, match=told):
        handler_of(plain, *events, changed="id")


def test_only_records_can_be_caught_up_with() -> None:
    assert handler_of(plain, OnCrmDealUpdate, "ONSOMETHING", catch_up=True).catch_up

    with pytest.raises(HandlerSignatureError, match="none of its events is about a record"):
        handler_of(plain, "ONSOMETHING", catch_up=True)


def test_changes_are_for_handlers_that_watch_something() -> None:
    app = app_of()

    with pytest.raises(HandlerSignatureError, match="'changes' wants Changes, which only handlers"):
        app.on(OnCrmDealUpdate)(asking)

    app.on(OnCrmDealUpdate, changed="stage_id")(asking)
    assert app.handlers[0].plan.sources.keys() == {"changes"}


def test_the_filter_of_a_router_is_that_of_handlers_without_one() -> None:
    def of_router(deal: Deal) -> bool:
        return True

    def of_handler(deal: Deal) -> bool:
        return True

    router = Router("deals", where=of_router)
    router.on(OnCrmDealUpdate)(plain)
    router.on(OnCrmDealUpdate, name="other", where=of_handler)(plain)

    assert [h.where.predicate for h in router.handlers if h.where] == [of_router, of_handler]
    with pytest.raises(HandlerSignatureError, match="where= asks about a record"):
        router.on(OnCrmDealDelete, name="third")(plain)


def test_portals_are_those_of_the_handler_or_its_router_or_the_app() -> None:
    app = App(portals=["app.test"])
    router = Router("deals", portals=["router.test"])
    router.on(OnCrmDealUpdate)(plain)
    router.on(OnCrmDealUpdate, name="own", portals={"OWN.test:8080"})(plain)
    bare = Router("bare")
    bare.on(OnCrmDealUpdate)(plain)
    app.include(router, bare)

    assert [{*(h.portals or ())} for h in app.handlers] == [
        {"router.test"},
        {"own.test:8080"},
        {"app.test"},
    ]


# A record beside a snapshot.

NEW = Deal(id=7, stage_id="NEW", opportunity=5)


def test_values_are_told_as_the_model_has_them() -> None:
    found = changed(("closedate", "stage_id")).compare(
        Deal.model_validate({"id": 7, "closedate": "2026-03-02"}),
        {"closedate": "2026-03-01", "stage_id": None},
    )

    change = found.changes["CLOSEDATE"]
    assert (str(change.before), str(change.after)) == ("2026-03-01", "2026-03-02")
    assert [*found.changes] == ["closedate"]
    assert ("closedate" in found.changes, "stage_id" in found.changes) == (True, False)
    assert (found.changes["stage_id"].before, len(found.changes)) == ("", 1)
    with pytest.raises(KeyError, match="'stage' is not among the fields of changed=; did you mean"):
        found.changes["stage"]


def test_a_field_that_was_not_watched_before_is_seen_for_the_first_time() -> None:
    snapshot = {"stage_id": "NEW"}

    runs = changed(("stage_id", "opportunity")).compare(NEW, snapshot)
    skips = changed(("stage_id", "opportunity"), first_seen="skip").compare(NEW, snapshot)

    assert (runs.note, runs.changes["opportunity"].before) == ("", UNKNOWN)
    assert skips.note == (
        "changed= said no: stage_id is NEW still; opportunity is seen for the first time"
    )
    assert skips.snapshot == {"stage_id": "NEW", "opportunity": 5.0}


def test_of_several_moves_one_is_enough() -> None:
    option = changed({"stage_id": "WON", "opportunity": ("1", 5)})

    assert option.compare(NEW, {"stage_id": "NEW", "opportunity": 1}).note == ""
    assert option.compare(NEW, {"stage_id": "NEW", "opportunity": 2}).note == (
        "changed= said no: stage_id is NEW, not WON; opportunity was 2 before, not 1.0"
    )
    assert str(option) == "stage_id to WON, opportunity from 1.0 to 5.0"


def test_a_field_can_move_to_nothing() -> None:
    option = changed({"stage_id": None})

    assert option.compare(Deal(id=7), {"stage_id": "NEW"}).note == ""
    assert "stage_id is NEW, not empty" in option.compare(NEW, {"stage_id": "OLD"}).note


@pytest.mark.parametrize(
    ("wanted", "read"), [(5, "5"), ("5", 5), (True, "Y"), ("Y", "1"), (1.5, "1.50"), ("a", ["a"])]
)
def test_of_a_field_without_a_type_a_value_is_wanted_in_any_form(wanted: Any, read: Any) -> None:
    record = Deal.model_validate({"id": 7, "UF_CRM_X": read})
    left = Deal.model_validate({"id": 7, "UF_CRM_X": "7"})
    watched = {"UF_CRM_X": read}

    assert changed({"UF_CRM_X": wanted}).compare(record, {"UF_CRM_X": None}).note == ""
    assert changed({"UF_CRM_X": (wanted, 7)}).compare(left, watched).note == ""
    assert changed({"UF_CRM_X": (wanted, 8)}).compare(left, watched).note


def test_zero_is_a_value() -> None:
    record = Counted.model_validate({"id": 7, "UF_CRM_2": "0"})

    found = changed({"count": (None, 0)}, Counted).compare(record, {"count": None})
    assert (found.note, [*found.changes]) == ("", ["count"])
    assert changed({"count": None}, Counted).compare(record, {"count": 5}).note


def test_long_values_are_cut_in_notes() -> None:
    record = Deal(id=7, comments="x\n" * 500)

    assert len(changed({"comments": "a"}).compare(record, None).note) < 120


def test_what_was_written_is_the_next_snapshot() -> None:
    option = changed(("stage_id", "opportunity"))
    read = option.values_of(NEW)

    after = option.after_writes(
        read, None, [{"STAGE_ID": "PREP"}, {"stageId": "WON", "TITLE": "x"}]
    )

    assert (after["stage_id"], after["opportunity"]) == ("WON", 5.0)
    won = Deal(id=7, stage_id="WON", opportunity=5)
    assert option.compare(won, after).note
    assert option.compare(won, after).snapshot == {"stage_id": "WON", "opportunity": 5.0}


def test_the_form_of_a_written_file_is_found_out_by_reading_it() -> None:
    option = changed("UF_CRM_SCAN")
    read = option.values_of(NEW)

    after = option.after_writes(read, None, [{"UF_CRM_SCAN": {"fileData": ["a.pdf", "aGk="]}}])

    echo = Deal.model_validate({"id": 7, "UF_CRM_SCAN": {"id": 9, "url": "/x"}})
    found = option.compare(echo, after)
    assert found.note
    other = Deal.model_validate({"id": 7, "UF_CRM_SCAN": {"id": 10, "url": "/x"}})
    assert not option.compare(other, found.snapshot).note


def test_what_a_portal_makes_of_a_value_is_learned_from_the_second_time() -> None:
    option = changed("title")
    first = option.after_writes({"title": "a"}, {"title": "a"}, [{"title": "+1 (234)"}])
    echo = option.compare(Deal(id=7, title="+1234"), first)
    assert not echo.note, "it might be somebody else's"

    second = option.after_writes(echo.snapshot, first, [{"title": "+1 (234)"}])

    assert option.compare(Deal(id=7, title="+1234"), second).note
    assert option.compare(Deal(id=7, title="+1 (234)"), second).note, "it was somebody else's"
    assert not option.compare(Deal(id=7, title="+5"), second).note
    found = option.compare(Deal(id=7, title="+5"), second)
    assert found.changes["title"].before == "+1 (234)"


def test_who_is_not_told_of_what_he_writes_takes_nothing_for_it() -> None:
    option = changed(("stage_id", "UF_CRM_SCAN"))
    wrote = [{"STAGE_ID": "WON", "UF_CRM_SCAN": {"fileData": ["a.pdf", "aGk="]}}]
    read = {"stage_id": "NEW", "UF_CRM_SCAN": None}
    first = option.after_writes(read, None, wrote, comes_back=False)
    second = option.after_writes(read, first, wrote, comes_back=False)

    again = Deal.model_validate({"id": 7, "stageId": "NEW", "UF_CRM_SCAN": {"id": 9, "url": "/x"}})
    assert [*option.compare(again, second).changes] == ["stage_id", "UF_CRM_SCAN"]


def test_contacts_are_watched_too() -> None:
    found = changed_of("phone", "run", Contact, "x").compare(
        Contact.model_validate({"id": 7, "PHONE": [{"VALUE": "+1"}]}), {"phone": None}
    )

    assert [*found.changes] == ["phone"]
    assert found.changes["phone"].before == []


def test_a_phone_number_is_watched_among_all_that_an_item_has() -> None:
    def contact(number: str) -> Contact:
        fields = [{"id": 1, "typeId": "PHONE", "valueType": "WORK", "value": number}]
        return Contact.model_validate({"id": 7, "fm": fields})

    option = changed_of("phone", "run", Contact, "x")
    known = option.values_of(contact("+1"))

    assert option.compare(contact("+1"), known).note
    assert not option.compare(contact("+2"), known).note
