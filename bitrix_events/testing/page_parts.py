"""The pieces that the page of the fake portal is made of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from bitrix_events.errors import FormError
from bitrix_events.testing.fields import Kind
from bitrix_events.testing.html import Html, joined, tag
from bitrix_events.testing.page_forms import LONG_TEXTS, SUGGESTIONS, is_nested
from bitrix_events.testing.rest import Call
from bitrix_events.testing.sender import Sent
from bitrix_events.wire.form import decode_form

_SHOWN: Final = 30
"""Events, and calls, that are shown."""
_NUMBERS: Final = frozenset({"integer", "double", "user", "crm_company", "crm_contact", "crm_lead"})
_LONGEST: Final = 6000
"""Characters of one body."""


def listener(place: str, who: str, codes: list[str]) -> Html:
    """Who is told, at which address, of which events."""
    is_webhook = who == "Outgoing webhook"
    events = "1 event" if len(codes) == 1 else f"{len(codes)} events"
    return tag(
        "li",
        tag("div", tag("code", place), tag("span", who, class_="badge")),
        tag("details", tag("summary", events), tag("p", ", ".join(codes), class_="codes")),
        one_button("/webhooks/remove", "Remove", url=place) if is_webhook else None,
    )


def field_control(kind: Kind, name: str, value: Any, text: str) -> Html:
    """A field of a record with its label, as its type and value need it."""
    field_type = kind.type_of(name)
    nested = is_nested(kind, name, value)
    if nested or name in LONG_TEXTS or "\n" in text:
        # A browser drops the first line break.
        control = tag("textarea", "\n" + text, name=name, id=name, rows=3)
    elif field_type in ("char", "boolean") and text in ("", "Y", "N"):
        choices = (tag("option", v or "–", value=v, selected=v == text) for v in ("", "Y", "N"))
        control = tag("select", choices, name=name, id=name)
    else:
        suggested = SUGGESTIONS.get((kind.name, name), ())
        control = joined(
            tag(
                "input",
                name=name,
                id=name,
                value=text,
                list=f"{name}-values" if suggested else None,
                inputmode="decimal" if field_type in _NUMBERS else None,
                autocomplete="off",
            ),
            tag("datalist", (tag("option", value=v) for v in suggested), id=f"{name}-values")
            if suggested
            else None,
        )
    hint = "JSON" if nested else field_type or "user field"
    wide = "wide" if nested or name in LONG_TEXTS or name == "TITLE" else None
    label = tag("label", name, " ", tag("small", hint), for_=name)
    return tag("div", label, control, class_=wide)


def labelled_input(name: str, label: str, value: Any, *, hint: str = "") -> Html:
    """A line of text with its label."""
    control = tag("input", name=name, id=name, value=str(value or ""), placeholder=hint or None)
    return tag("div", tag("label", label, for_=name), control)


def address_form(action: str, label: str, example: str, button: str) -> Html:
    """Asks for an address and does something with it."""
    name = action.strip("/")
    return tag(
        "form",
        tag("label", label, for_=name),
        tag(
            "div",
            tag("input", type="url", name="url", id=name, placeholder=example, required=True),
            tag("button", button, type="submit", class_="button quiet"),
            class_="row",
        ),
        method="post",
        action=action,
    )


def one_button(action: str, label: str, **hidden: str) -> Html:
    """A form that consists of its button."""
    inputs = (tag("input", type="hidden", name=name, value=v) for name, v in hidden.items())
    button = tag("button", label, type="submit", class_="button danger")
    return tag("form", inputs, button, method="post", action=action)


def event_item(number: int, sent: Sent) -> Html:
    """One POST of the portal, with its body when it is opened."""
    if sent.status is None:
        verdict, look = "no answer", "bad"
    else:
        verdict, look = str(sent.status), "good" if sent.status < 300 else "bad"
    return tag(
        "li",
        tag(
            "details",
            tag(
                "summary",
                _time(sent.at),
                tag("b", sent.code),
                tag("span", verdict, class_=f"badge {look}"),
                tag("span", sent.url, class_="target"),
            ),
            tag("p", sent.error, class_="error") if sent.error else None,
            tag("pre", _pretty(_body_of(sent)), tabindex=0),
            id=f"event-{number}",
        ),
    )


def call_item(number: int, call: Call) -> Html:
    """One REST call, with its parameters when it is opened."""
    who = f"user {call.user_id}" if call.user_id else "not recognised"
    return tag(
        "li",
        tag(
            "details",
            tag(
                "summary",
                _time(call.at),
                tag("b", call.method),
                tag("span", "in a batch", class_="badge") if call.batched else None,
                tag("span", who, class_="target"),
            ),
            tag("pre", _pretty(call.params), tabindex=0),
            id=f"call-{number}",
        ),
    )


def _body_of(sent: Sent) -> Any:
    try:
        return decode_form(sent.body)
    except FormError:
        return sent.body.decode("utf-8", "replace")


def _pretty(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "\n…"


def last_of(items: Sequence[Any]) -> list[tuple[int, Any]]:
    """The last items with their places, newest first."""
    first = max(0, len(items) - _SHOWN)
    return list(enumerate(items[first:], first))[::-1]


def _time(moment: float) -> Html:
    local = datetime.fromtimestamp(moment).astimezone()
    return tag("time", f"{local:%H:%M:%S}", datetime=local.isoformat(timespec="milliseconds"))


def counted(count: int) -> str:
    """``1 address``, ``2 addresses``."""
    return "1 address" if count == 1 else f"{count} addresses"


def link(text: str, href: str) -> Html:
    """A link."""
    return tag("a", text, href=href)


def shortened(text: str) -> str:
    """What fits into a cell."""
    return text if len(text) <= 80 else f"{text[:79]}…"
