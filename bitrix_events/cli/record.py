"""``record``: stored deliveries as fixtures for tests, without what is about people."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from bitrix_events.cli.loading import UsageError
from bitrix_events.cli.options import (
    EntityOption,
    EventOption,
    PortalOption,
    SinceOption,
    all_found,
    query_of,
)
from bitrix_events.cli.stores import settings_here, with_store
from bitrix_events.cli.views import say
from bitrix_events.store.records import Delivery
from bitrix_events.stores import OwnStore

_HARMLESS: Final = re.compile(
    r"""
    -?\d{1,9}(?:\.\d{1,4})?                                # ids, amounts
    | \d{4}-\d\d-\d\d (?:[T\ ]\d\d:\d\d(?::\d\d)?(?:[+-]\d\d:?\d\d|Z)?)?
    | \d\d\.\d\d\.\d{4} (?:\ \d\d:\d\d:\d\d)?              # the portal's way to write dates
    | [YN] | true | false | undefined
    | [A-Z][A-Z0-9]*(?:[_:][A-Z0-9]+)+                     # UC_ABC, C1:WON: ids that have a form
    """,
    re.VERBOSE,
)
_PERSONAL: Final = re.compile(
    r"NAME|TITLE|PHONE|MOBILE|FAX|EMAIL|MAIL|ADDRESS|CITY|STREET|BIRTH|PHOTO|NUMBER|CALLER|COMMENT"
    r"|TEXT|MESSAGE|LOGIN|SKYPE|PASS|SECRET|TOKEN|(?:^|_)IP(?:$|_)",
    re.IGNORECASE,
)
_ID: Final = re.compile(r"(?:^|_)IDS?$", re.IGNORECASE)
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9_.:\[\]-]{1,64}")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE: Final = re.compile(r"\+?\d[\d\s().-]{5,18}\d")


class Redaction:
    """Replaces whatever may be about people or a company; the same value always by the same one.

    What stays are numbers, dates, flags and ids whose form says what they are, unless the field is
    one for names, addresses or texts. The structure and the names of fields stay, too.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}

    def data(self, value: Any, *, field: str = "") -> Any:
        """The data of an event, with placeholders."""
        if isinstance(value, Mapping):
            return {self._key(str(key)): self.data(v, field=str(key)) for key, v in value.items()}
        if isinstance(value, list):
            return [self.data(one, field=field) for one in value]
        return self._text(value, field) if isinstance(value, str) else value

    def portal(self, key: str) -> str:
        """``portal-1``"""
        return self._placeholder("portal", key, "portal-{}")

    def _text(self, text: str, field: str) -> str:
        personal = _PERSONAL.search(field) is not None and not _ID.search(field)
        if not text or (_HARMLESS.fullmatch(text) and not personal):
            return text
        if _EMAIL.fullmatch(text):
            return self._placeholder("email", text, "person-{}@example.com")
        if _PHONE.fullmatch(text):
            return self._placeholder("phone", text, "+1555{:07d}")
        if text.startswith(("http://", "https://")):
            return self._placeholder("url", text, "https://example.com/{}")
        return self._placeholder("text", text, "text-{}")

    def _key(self, key: str) -> str:
        is_plain = _IDENTIFIER.fullmatch(key) and not _PHONE.fullmatch(key)
        return key if is_plain else self._placeholder("key", key, "key-{}")

    def _placeholder(self, kind: str, value: str, form: str) -> str:
        found = self._known.get((kind, value))
        if found is None:
            self._counts[kind] = number = self._counts.get(kind, 0) + 1
            found = self._known[kind, value] = form.format(number)
        return found


def record(
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where to put the files; made if needed.")
    ],
    ids: Annotated[
        list[int] | None,
        typer.Argument(metavar="ID", help="Numbers of deliveries; without, the newest."),
    ] = None,
    since: SinceOption = None,
    event: EventOption = None,
    entity: EntityOption = None,
    portal: PortalOption = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, without ids.")] = 20,
    raw: Annotated[
        bool, typer.Option("--raw", help="Keep the data as it came, names and numbers included.")
    ] = False,
) -> None:
    """Save stored deliveries as JSON files for tests, one each.

    Names, texts, phone numbers, addresses and whatever else may be about people is replaced, the
    same value always by the same placeholder. `send --file` sends such a file to a running app.

    Examples:

        bitrix-events record --out fixtures --event ONCRMDEALADD --limit 3

        bitrix-events record --out fixtures 12 13
    """
    if ids and (since or event or entity or portal):
        raise UsageError("give ids of deliveries or options that choose some, not both")

    async def look(store: OwnStore) -> list[Delivery]:
        if ids:
            return [await _found(store, number) for number in dict.fromkeys(ids)]
        query = await query_of(store, portal=portal, event=event, entity=entity, since=since)
        return [view.delivery async for view in all_found(store, query, limit=limit)]

    deliveries = with_store(settings_here(), "look", look)
    if not deliveries:
        say("No delivery is like that.")
        return
    redaction = None if raw else Redaction()
    files = {
        out / f"{delivery.id}-{delivery.code.lower()}.json": fixture_of(delivery, redaction)
        for delivery in sorted(deliveries, key=lambda delivery: delivery.id)
    }
    _write(out, files)
    advice = "as they came, with all they say about people" if raw else "without personal data"
    say(f"written to {escape(str(out))}: {len(files)} deliveries, {advice}; look before you commit")


def fixture_of(delivery: Delivery, redaction: Redaction | None) -> dict[str, Any]:
    """A delivery as a file holds it."""
    return {
        "event": delivery.code,
        "entity": delivery.entity,
        "portal": redaction.portal(delivery.portal) if redaction else delivery.portal,
        "data": redaction.data(delivery.data) if redaction else delivery.data,
    }


async def _found(store: OwnStore, number: int) -> Delivery:
    view = await store.delivery(number)
    if view is None:
        raise UsageError(f"there is no delivery #{number}; see bitrix-events events list")
    return view.delivery


def _write(folder: Path, files: Mapping[Path, Mapping[str, Any]]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            with path.open("x", encoding="utf-8") as file:
                file.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")
    except FileExistsError as error:
        raise UsageError(
            f"{error.filename} exists already; remove it or name another --out"
        ) from None
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}") from error
