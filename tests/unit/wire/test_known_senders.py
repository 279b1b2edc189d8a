"""What is remembered of earlier bodies changes nothing about how a body is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bitrix_events.errors import EnvelopeError, FormError
from bitrix_events.wire.envelope import Envelope, read_event, read_event_body
from bitrix_events.wire.form import DEFAULT_LIMITS, FormLimits, decode_form
from tests.corpus import Case, corpus

ROOMY: Final = FormLimits()
"""Limits that are the usual ones, and another object."""
TIGHT: Final = (
    DEFAULT_LIMITS,
    ROOMY,
    FormLimits(fields=4),
    FormLimits(key_bytes=12),
    FormLimits(depth=1),
    FormLimits(brackets=4),
    FormLimits(containers=2),
    FormLimits(malformed_escapes=2),
    FormLimits(body_bytes=60),
)

PLAIN: Final = b"event=ONCRMDEALADD&data%5BFIELDS%5D%5BID%5D=7&ts=1790000000"
SENDER: Final = b"auth%5Bmember_id%5D=acme&auth%5Bapplication_token%5D=right"
MALFORMED: Final = SENDER + b"%" * 60
ANONYMOUS: Final = b"auth%5Bmember_id%5D=acme&auth%5Bdomain%5D=acme.bitrix24.com"
TOKEN: Final = b"auth[application_token]=stolen"

names = st.sampled_from(
    [
        *(b"event", b"ts", b"data", b"event_handler_id", b"auth", b"%61uth", b"data%5BX%5D"),
        *(b"data[FIELDS][ID]", b"data%5BFIELDS%5D%5BID%5D", b"data%5b%5d", b"data[]"),
        *(b"data%5B0%5D", b"data%5B1%5D", b"data[X][Y]", b"auth[]", b"auth%5B%5D", b"auth%5B0%5D"),
        *(b"auth[application_token]", b"auth%5bapplication_token%5d", b"auth%5Bmember_id"),
        *(b"auth%5Bapplication_token%5D", b"auth%5Bmember_id%5D", b"auth[member_id]"),
        *(b"auth%5Bdomain%5D", b"auth%5Bscope%5D", b"auth%5Bexpires_in%5D", b"auth%5Bdomain%5D[]"),
        *(b"auth%5Bapplication_token%5D%5Bx%5D", b"auth%5Buser_id%5D", b"au%", b"%ff", b"", b"]["),
    ]
)
values = st.sampled_from(
    [
        *(b"", b"1", b"ONCRMDEALADD", b"ONAPPUSERREADY", b"acme", b"right", b"7200", b"a=b"),
        *(b"%", b"%%%", b"%5C", b"\\", b"%F8", b"%FF%FE", b"\xf8", b"%D0%9F", b"%D0", b"a+b"),
    ]
)
fields = st.builds(lambda name, value: name + b"=" + value, names, values)
odd_bodies = st.lists(fields | st.just(b""), max_size=8).map(b"&".join)
beginnings = st.just(PLAIN) | odd_bodies | odd_bodies.map(lambda more: PLAIN + b"&" + more)
endings = st.sampled_from([SENDER, ANONYMOUS, SENDER + b"%", SENDER + b"%F8"]) | odd_bodies
bodies = st.builds(lambda begin, end: begin + b"&" + end, beginnings, endings)


def outcome(read: Callable[..., Any], *arguments: Any) -> tuple[str, object]:
    """What a reader gives, or the kind and the text of its error."""
    try:
        return "", read(*arguments)
    except (FormError, EnvelopeError) as error:
        return type(error).__name__, str(error)


def first_read(body: bytes, limits: FormLimits = DEFAULT_LIMITS) -> Envelope:
    """Read a body as if there had been none before: for these limits there was none."""
    return read_event(decode_form(body, replace(limits)))


@settings(deadline=None)
@given(st.lists(bodies, min_size=1, max_size=6))
@example([TOKEN + b"&" + PLAIN + b"&" + ANONYMOUS, PLAIN + b"&" + ANONYMOUS])
@example([PLAIN + b"&" + SENDER, TOKEN + b"&" + PLAIN + b"&" + SENDER])
@example([PLAIN + b"&" + SENDER, b"%61uth=no&" + PLAIN + b"&" + SENDER])
@example([PLAIN + b"&" + SENDER + b"%F8", PLAIN + b"&x=\\&" + SENDER + b"%F8"])
@example([PLAIN + b"&" + MALFORMED, PLAIN + b"&x=" + b"%" * 60 + b"&" + MALFORMED])
@example([PLAIN + b"&" + SENDER, PLAIN + b"&a=" * 997 + b"&" + SENDER])
def test_an_event_is_read_the_same_whatever_was_read_before(received: list[bytes]) -> None:
    for body in [*received, *received]:
        assert outcome(read_event_body, body) == outcome(first_read, body)


@settings(deadline=None)
@given(st.lists(st.tuples(bodies, st.sampled_from(TIGHT)), min_size=1, max_size=6))
@example([(PLAIN + b"&" + SENDER, limits) for limits in TIGHT])
def test_an_event_is_held_to_the_limits_it_is_read_under(
    received: list[tuple[bytes, FormLimits]],
) -> None:
    for body, limits in [*received, *received]:
        assert outcome(read_event_body, body, limits) == outcome(first_read, body, limits)


@settings(deadline=None)
@given(st.lists(st.tuples(odd_bodies, st.sampled_from(TIGHT)), min_size=1, max_size=6))
def test_a_form_is_decoded_the_same_whatever_was_decoded_before(
    received: list[tuple[bytes, FormLimits]],
) -> None:
    for body, limits in [*received, *received]:
        again = outcome(decode_form, body, limits)

        first = outcome(decode_form, body, replace(limits))
        assert repr(again) == repr(first)  # as text: the order counts too


@settings(deadline=None)
@given(st.lists(st.binary(max_size=60) | st.text("a[]&=%5BD01", max_size=60).map(str.encode)))
def test_any_bytes_are_decoded_the_same_twice(received: list[bytes]) -> None:
    for body in [*received, *received]:
        again = outcome(decode_form, body)

        assert repr(again) == repr(outcome(decode_form, body, FormLimits()))


@pytest.mark.parametrize("case", corpus(), ids=lambda case: case.id)
def test_a_recorded_body_is_read_the_same_twice(case: Case) -> None:
    expected = outcome(first_read, case.body)

    assert [outcome(read_event_body, case.body) for _ in range(3)] == [expected] * 3


def test_a_token_before_the_event_is_not_lent_to_who_sends_none() -> None:
    with_token = read_event_body(TOKEN + b"&" + PLAIN + b"&" + ANONYMOUS)
    assert with_token.credentials.application_token.get_secret_value() == "stolen"

    with pytest.raises(EnvelopeError, match="application_token"):
        read_event_body(PLAIN + b"&" + ANONYMOUS)


def test_another_token_is_another_sender() -> None:
    read_event_body(PLAIN + b"&" + SENDER)

    other = read_event_body(PLAIN + b"&" + SENDER.replace(b"right", b"wrong"))

    assert other.credentials.application_token.get_secret_value() == "wrong"


def test_what_a_caller_does_to_a_form_is_not_seen_in_the_next() -> None:
    for _ in range(3):
        form = decode_form(b"data[FIELDS][ID]=7&data[LIST][]=1&data[LIST][]=2")
        assert form == {"data": {"FIELDS": {"ID": "7"}, "LIST": ["1", "2"]}}
        data: Any = form["data"]
        data["FIELDS"]["ID"] = "8"
        data["LIST"].append("3")
        data.clear()


def test_more_senders_and_shapes_than_are_remembered_are_read_as_the_first() -> None:
    for number in range(3000):
        name = b"&data%%5BF%d%%5D=x" % number
        ending = b"auth%%5Bmember_id%%5D=m%d&" % number + SENDER.partition(b"&")[2]

        envelope = read_event_body(PLAIN + name + b"&" + ending)

        assert envelope.credentials.member_id == f"m{number}"
        assert envelope.data == {"FIELDS": {"ID": "7"}, f"F{number}": "x"}
