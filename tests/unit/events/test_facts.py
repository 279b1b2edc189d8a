"""Which repeats are the same fact, and what is never taken for one."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitrix_events.events import (
    BundleEvent,
    Event,
    Kind,
    NamedEvent,
    NumberedEvent,
    OnCrmCurrencyAdd,
    OnCrmDynamicItemAdd,
    OnImBotMessageAdd,
    OnImBotV2CommandAdd,
    OnImBotV2MessageAdd,
    OnImConnectorLineDelete,
    OnImConnectorMessageAdd,
    OnTaskAdd,
    OnTaskCommentAdd,
    OnTaskDelete,
    OnTaskUpdate,
    OnVoximplantCallEnd,
    event_class,
    needed_codes,
)
from tests.corpus import Case, corpus
from tests.every_event import ID, every_event, put

EVENTS = every_event()
BY_CODE = {event.code: event for event in EVENTS}


def identity(code: str, data: Any) -> str | None:
    return event_class(code)(code, data).identity


def changed(code: str, path: str, value: str) -> Any:
    """The sample of an event with another value at one place."""
    data = copy.deepcopy(BY_CODE[code].data)
    put(data, path, value)
    return data


def test_a_repeat_of_a_fact_is_the_same_fact_and_that_of_another_record_is_not() -> None:
    facts = [e for e in EVENTS if event_class(e.code).kind is Kind.FACT and e.id_path is not None]

    assert len(facts) > 100
    for event in facts:
        other = "42" if event.id_path == "" else changed(event.code, event.id_path or "", "42")
        first = identity(event.code, event.data)
        assert first is not None, event.code
        assert first == identity(event.code, copy.deepcopy(event.data))
        assert first != identity(event.code, other), event.code


def test_what_is_no_fact_has_no_identity() -> None:
    for event in EVENTS:
        if event_class(event.code).kind is not Kind.FACT:
            assert identity(event.code, event.data) is None, event.code


@pytest.mark.parametrize("code", ["ONIMBOTV2MESSAGEADD", "ONIMBOTV2MESSAGEDELETE"])
def test_each_bot_of_a_chat_is_told_of_a_message(code: str) -> None:
    assert identity(code, changed(code, "bot.id", "5")) != identity(
        code, changed(code, "bot.id", "6")
    )


def test_each_bot_of_the_old_kind_is_told_of_a_message_too() -> None:
    data = BY_CODE["ONIMBOTMESSAGEADD"].data
    one, other = ({**data, "BOT": {bot: data["BOT"]["567"]}} for bot in ("567", "568"))

    assert OnImBotMessageAdd("ONIMBOTMESSAGEADD", one).identity is not None
    assert identity("ONIMBOTMESSAGEADD", one) != identity("ONIMBOTMESSAGEADD", other)


def test_a_message_that_does_not_say_for_which_bot_it_is_always_runs() -> None:
    event = OnImBotV2MessageAdd("ONIMBOTV2MESSAGEADD", {"message": {"id": "77"}})

    assert event.entity_key == "imbot.v2.message:77"
    assert event.identity is None


def test_a_button_may_be_pressed_again_and_does_not_queue_behind_the_buttons_of_others() -> None:
    pressed = {"command": {"id": "103"}, "message": {"id": "77"}, "bot": {"id": "5"}}
    event = OnImBotV2CommandAdd("ONIMBOTV2COMMANDADD", pressed)

    assert event.entity_id == 103
    assert event.entity_key == "imbot.v2.command:77"
    assert event.identity is None


def messages(*ids: str, line: str = "107") -> OnImConnectorMessageAdd:
    data = {"CONNECTOR": "c", "LINE": line, "MESSAGES": [{"im": {"message_id": i}} for i in ids]}
    return OnImConnectorMessageAdd("ONIMCONNECTORMESSAGEADD", data)


def test_several_messages_at_once_are_one_fact_and_about_no_single_record() -> None:
    assert messages("1").entity_key == "imconnector.message:1"
    assert messages("1", "2").entity_ids == (1, 2)
    assert messages("1", "2").entity_key is None
    assert messages("1", "2").identity == "ONIMCONNECTORMESSAGEADD imconnector.message:1:2 c 107"
    identities = {
        messages(*ids, line=line).identity
        for ids in (("1",), ("2",), ("1", "2"), ("2", "1"), ("12",))
        for line in ("107", "108")
    }
    assert len(identities) == 10


def test_very_many_messages_have_a_short_identity_of_their_own() -> None:
    one, other = (messages(*map(str, range(first, first + 500))).identity for first in (1, 2))

    assert one is not None
    assert len(one) < 200
    assert one != other


@pytest.mark.parametrize("ids", [(), ("1", ""), ("1", "0"), ("x",)])
def test_messages_without_their_ids_are_said_plainly(ids: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="came without the id"):
        messages(*ids).entity_ids  # noqa: B018


def test_a_comment_of_a_task_without_a_number_always_runs() -> None:
    fields = {"ID": "0", "TASK_ID": "7", "MESSAGE_ID": "9"}
    event = OnTaskCommentAdd("ONTASKCOMMENTADD", {"FIELDS_AFTER": fields})

    assert (event.entity_key, event.identity) == (None, None)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (OnTaskAdd, {"FIELDS_BEFORE": "undefined", "FIELDS_AFTER": {"ID": "7"}}),
        (OnTaskUpdate, {"FIELDS_BEFORE": {"ID": "6"}, "FIELDS_AFTER": {"ID": "7"}}),
        (OnTaskUpdate, {"FIELDS_BEFORE": {"ID": "7"}, "FIELDS_AFTER": "undefined"}),
        (OnTaskDelete, {"FIELDS_BEFORE": {"ID": "7"}, "FIELDS_AFTER": {"ID": "6"}}),
        (OnTaskDelete, {"FIELDS_BEFORE": "undefined", "FIELDS_AFTER": {"ID": "7"}}),
    ],
)
def test_the_number_of_a_task_lies_where_the_portal_has_one(
    kind: type[NumberedEvent], data: Any
) -> None:
    assert kind(kind.CODE, data).entity_id == 7


def test_a_currency_is_known_by_its_code_and_may_be_added_again() -> None:
    event = OnCrmCurrencyAdd("ONCRMCURRENCYADD", {"FIELDS": {"ID": "USD"}})

    assert (event.entity_id, event.entity_key, event.identity) == ("USD", "currency:USD", None)


def test_an_event_whose_data_is_the_id() -> None:
    assert OnImConnectorLineDelete("ONIMCONNECTORLINEDELETE", "107").entity_id == 107


@pytest.mark.parametrize("call", ["", "0", "undefined", "a b", "a\nb", "a" * 129, ["a"], None])
def test_an_odd_name_makes_no_key(call: Any) -> None:
    event = OnVoximplantCallEnd("ONVOXIMPLANTCALLEND", {"CALL_ID": call})

    assert (event.entity_key, event.identity) == (None, None)
    with pytest.raises(ValueError, match="ONVOXIMPLANTCALLEND came without the id"):
        event.entity_id  # noqa: B018


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("ONCRMDYNAMICITEMADD_147", {"FIELDS": {"ID": "9", "ENTITY_TYPE_ID": "147"}}),
        ("ONCRMDYNAMICITEMADD_147", {"FIELDS": {"ID": "9"}}),
        ("ONCRMDYNAMICITEMADD", {"FIELDS": {"ID": "9", "ENTITY_TYPE_ID": "147"}}),
        ("ONCRMDYNAMICITEMADD", {"ID": "9", "ENTITY_TYPE_ID": "147"}),
    ],
)
def test_an_item_has_a_type_from_its_code_or_from_its_data(code: str, data: Any) -> None:
    event = event_class(code)(code, data)

    assert isinstance(event, OnCrmDynamicItemAdd)
    assert (event.entity_id, event.entity_type_id) == (9, 147)
    assert event.entity_key == "item:147:9"
    assert event.identity == "ONCRMDYNAMICITEMADD item:147:9"
    assert event.read_with == {"entityTypeId": 147}
    assert {"ONCRMDYNAMICITEMADD", "ONCRMDYNAMICITEMADD_147"} >= set(event.codes) >= {code}


def test_an_item_of_an_unknown_type_has_no_key() -> None:
    event = OnCrmDynamicItemAdd("ONCRMDYNAMICITEMADD", {"FIELDS": {"ID": "9"}})

    assert (event.entity_key, event.identity) == (None, None)
    assert event.codes == ("ONCRMDYNAMICITEMADD",)
    with pytest.raises(ValueError, match="came without the type of an item"):
        event.entity_type_id  # noqa: B018


@pytest.mark.parametrize(
    "code",
    ["ONCRMDYNAMICITEMADD_", "ONCRMDYNAMICITEMADD_x", "ONCRMDYNAMICITEMADD_0", "ONCRMDEALADD_147"],
)
def test_only_items_have_types(code: str) -> None:
    assert event_class(code) is Event


def test_a_portal_need_not_tell_of_one_type_what_it_tells_of_all() -> None:
    one, other, every = "ONCRMDYNAMICITEMADD_147", "ONCRMDYNAMICITEMADD_150", "ONCRMDYNAMICITEMADD"

    assert needed_codes([one, other]) == {one, other}
    assert needed_codes([one.lower(), every, "ONCRMDYNAMICITEMDELETE_147"]) == {
        every,
        "ONCRMDYNAMICITEMDELETE_147",
    }
    assert needed_codes(["ONX", "ONX_5"]) == {"ONX", "ONX_5"}


WITHOUT_ID = {"imbot_v1_command_add"}
"""Names its message beside the command, and not where the documentation says."""


@pytest.mark.parametrize(
    "case", [c for c in corpus() if isinstance(c.expected.get("event"), str)], ids=lambda c: c.id
)
def test_captured_events_say_what_they_are_about(case: Case) -> None:
    code, data = case.expected["event"].upper(), case.expected.get("data") or {}
    event = event_class(code)(code, data)

    documented = BY_CODE.get(code.partition("_")[0])
    if documented is None or documented.id_path is None or case.id in WITHOUT_ID:
        assert event.entity_key is None or event.key_paths
    elif isinstance(event, BundleEvent):
        assert event.entity_ids
    else:
        assert event.entity_key is not None
        assert (event.identity is not None) is (event.kind is Kind.FACT)


FORM = st.recursive(
    st.text(max_size=5) | st.sampled_from([ID, "0", "undefined", "-1", "9" * 30]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["FIELDS", "ID", "id", "FIELDS_AFTER", "MESSAGES", "DATA", "im", "bot", "BOT"]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(EVENTS), FORM, st.sampled_from(["", "_147", "_0", "_"]))
def test_whatever_a_portal_sends_only_an_id_can_be_missing(
    event: Any, data: Any, ending: str
) -> None:
    one = event_class(event.code)(event.code + ending, data)

    key, told = one.entity_key, one.identity
    assert key is None or key.startswith(f"{one.entity_name}:")
    assert told is None or (one.kind is Kind.FACT and len(told) <= 200)
    assert event.code in one.codes or ending
    for name in ("entity_id", "entity_ids", "entity_type_id", "read_with"):
        with contextlib.suppress(ValueError):
            getattr(one, name, None)
    if isinstance(one, NumberedEvent | NamedEvent) and key and not one.key_paths:
        assert key.endswith(f":{one.entity_id}")
