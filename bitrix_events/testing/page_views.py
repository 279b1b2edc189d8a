"""What the page of the fake portal shows: records, forms, who is told, and what went out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bitrix_events.testing.fields import Kind
from bitrix_events.testing.html import Child, Html, document, joined, tag
from bitrix_events.testing.kinds import KINDS, kind_named
from bitrix_events.testing.page_forms import (
    GROUPS,
    columns,
    main_fields,
    other_fields,
    plural,
    singular,
    text_of,
)
from bitrix_events.testing.page_parts import (
    address_form,
    call_item,
    counted,
    event_item,
    field_control,
    labelled_input,
    last_of,
    link,
    listener,
    one_button,
    shortened,
)
from bitrix_events.testing.portal import FakePortal

ROWS: Final = 25
"""Records on a page of a list."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What has become of what a person did."""

    text: str
    is_trouble: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """Lines to copy, and what they are for."""

    title: str
    lines: str


class Views:
    """The screens, each a whole page but `traffic`, which is a part of all."""

    def __init__(self, portal: FakePortal, recipes: Callable[[], Sequence[Recipe]]) -> None:
        self._portal = portal
        self._recipes = recipes

    def home(self, notice: Notice | None = None) -> Html:
        """Where the portal is, and who is told of its events."""
        return self._screen(
            "Overview",
            notice,
            tag("h1", "A portal of your own"),
            tag(
                "p",
                "It lives in the memory of this process. What you add, change or delete here is an"
                " event for whoever listens, and REST calls read and write the same records.",
                class_="lead",
            ),
            self._addresses(),
            self._listeners(),
            (
                tag(
                    "section",
                    tag("h2", recipe.title.capitalize()),
                    tag("pre", recipe.lines, tabindex=0),
                )
                for recipe in self._recipes()
            ),
        )

    def listing(self, kind: Kind, start: int, notice: Notice | None = None) -> Html:
        """The records of a kind, newest first, from the one after ``start``."""
        ids = self._portal.ids(kind.name)
        end = max(0, len(ids) - start)
        what = singular(kind).lower()
        shown = [self._portal.record(kind.name, i) for i in reversed(ids[max(0, end - ROWS) : end])]
        return self._screen(
            plural(kind),
            notice,
            tag(
                "div",
                tag("h1", plural(kind), " ", tag("span", f"{len(ids):,}", class_="count")),
                tag("a", f"Add {what}", href=f"/records/{kind.name}/new", class_="button"),
                class_="heading",
            ),
            self._table(kind, shown) if shown else tag("p", "There are none yet.", class_="empty"),
            _pages(f"/records/{kind.name}", start, len(ids)),
            here=kind,
        )

    def record(
        self,
        kind: Kind,
        record_id: int | None,
        notice: Notice | None = None,
        filled: Mapping[str, Any] | None = None,
    ) -> Html:
        """The form of one record.

        Args:
            record_id: None for one that is to be added.
            filled: what a person has entered already.
        """
        if record_id is None:
            record: dict[str, Any] = {**dict.fromkeys(kind.fields), **kind.defaults}
            title, action, button = f"Add {singular(kind).lower()}", "", "Add"
        else:
            record = self._portal.record(kind.name, record_id)
            title, action, button = f"{singular(kind)} {record_id}", f"/{record_id}", "Save"
        before = {name: text_of(value) for name, value in record.items() if name != "ID"}
        values = {**before, **(filled or {})}
        path = f"/records/{kind.name}"

        def fields(names: list[str]) -> Html:
            return tag(
                "div",
                (field_control(kind, name, record.get(name), str(values[name])) for name in names),
                class_="fields",
            )

        form = tag(
            "form",
            tag("input", type="hidden", name="before", value=json.dumps(before)),
            fields(main_fields(kind)),
            tag(
                "details",
                tag("summary", "All fields"),
                fields(other_fields(kind, record)),
                tag(
                    "div",
                    labelled_input(
                        "more", "Another user field", values.get("more"), hint="UF_CRM_COLOR"
                    ),
                    labelled_input("more_value", "Its value", values.get("more_value")),
                    class_="fields",
                ),
                open=filled is not None,
            ),
            tag(
                "div",
                self._users(values.get("by")),
                tag("button", button, type="submit", class_="button"),
                class_="actions",
            ),
            method="post",
            action=path + action,
        )
        return self._screen(
            title,
            notice,
            tag("p", link(plural(kind), path), class_="way"),
            tag("h1", title),
            tag("p", self.event_note(kind, "UPDATE" if record_id else "ADD"), class_="lead"),
            form,
            self._deletion(kind, record_id) if record_id else None,
            here=kind,
        )

    def trouble(self, title: str, text: str) -> Html:
        """Something is not there, or not allowed."""
        return self._screen(title, None, tag("h1", title), tag("p", text, class_="lead"))

    def traffic(self) -> Html:
        """The events that went out, and the REST calls that came in, newest first."""
        sent, calls = self._portal.sent, self._portal.calls()
        return joined(
            tag("h2", "Events sent"),
            tag("ol", (event_item(*item) for item in last_of(sent)))
            if sent
            else tag("p", "None yet. Add a record, or change one.", class_="empty"),
            tag("h2", "REST calls"),
            tag("ol", (call_item(*item) for item in last_of(calls)))
            if calls
            else tag("p", "None yet.", class_="empty"),
        )

    def event_note(self, kind: Kind, action: str) -> str:
        """Which event a change raises, and how many addresses hear of it."""
        code = kind.event_stem + action
        if not kind.event_stem or action not in kind.actions:
            return "No event tells of this."
        told = {b.handler for b in self._portal.bindings if b.event == code and not b.offline}
        if not told:
            return f"Nobody listens to {code}."
        return f"{code} goes to {counted(len(told))}."

    def _screen(
        self, title: str, notice: Notice | None, *main: Child, here: Kind | None = None
    ) -> Html:
        domain = self._portal.domain
        shown = None
        if notice is not None:
            look = "notice trouble" if notice.is_trouble else "notice"
            shown = tag("p", notice.text, class_=look, role="status")
        return document(
            tag(
                "head",
                tag("meta", charset="utf-8"),
                tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
                tag("title", f"{title} · {domain}"),
                tag("link", rel="icon", href="data:,"),
                tag("link", rel="stylesheet", href="/page.css"),
            ),
            tag(
                "body",
                tag("a", "To the content", href="#main", class_="skip"),
                tag(
                    "header",
                    tag("a", tag("b", "Fake portal"), " ", tag("span", domain), href="/"),
                ),
                tag(
                    "div",
                    self._kinds(here),
                    tag("main", shown, *main, id="main"),
                    tag(
                        "aside",
                        tag("p", "As it was when you opened this page", id="state"),
                        tag("div", self.traffic(), id="traffic"),
                        aria_label="Events and calls",
                    ),
                    class_="frame",
                ),
                tag("script", "", src="/page.js", defer=True),
            ),
            lang="en",
        )

    def _kinds(self, here: Kind | None) -> Html:
        ids = self._portal.ids("type")
        types = [self._portal.record("type", i) for i in ids]
        dynamic = [f"dynamic_{t['ENTITY_TYPE_ID']}" for t in types if t["ENTITY_TYPE_ID"]]
        if here is not None and here.name not in (*KINDS, *dynamic):
            dynamic.append(here.name)
        known = {name for names in GROUPS.values() for name in names}
        groups = {
            **GROUPS,
            "Smart processes": dynamic,
            "Set-up": [name for name in KINDS if name not in known],
        }

        def entry(kind: Kind) -> Html:
            count = len(self._portal.ids(kind.name))
            return tag(
                "li",
                tag(
                    "a",
                    tag("span", plural(kind)),
                    tag("span", f"{count:,}", class_="count") if count else None,
                    href=f"/records/{kind.name}",
                    aria_current="page" if kind == here else None,
                ),
            )

        return tag(
            "nav",
            (
                (tag("h2", group), tag("ul", (entry(kind_named(name)) for name in names)))
                for group, names in groups.items()
                if names
            ),
            class_="kinds",
            aria_label="Records",
        )

    def _addresses(self) -> Html:
        portal = self._portal
        shown = {
            "REST root": portal.rest_url,
            "Webhook URL": portal.webhook_url,
            "Webhook token": portal.webhook_token,
            "OAuth URL": portal.oauth_url,
            "Client id": portal.client_id,
            "Client secret": portal.client_secret,
            "Application token": portal.application_token,
            "Member id": portal.member_id,
        }
        rows = (joined(tag("dt", name), tag("dd", tag("code", v))) for name, v in shown.items())
        return tag("section", tag("h2", "How to reach it"), tag("dl", rows))

    def _listeners(self) -> Html:
        portal = self._portal
        by_address: dict[tuple[str, str], list[str]] = {}
        for binding in portal.bindings:
            who = "Outgoing webhook"
            if binding.webhook_token is None:
                who = "App" if binding.client_id == portal.client_id else "Another app"
            place = "offline queue" if binding.offline else binding.handler
            by_address.setdefault((place, who), []).append(binding.event)
        rows = (listener(place, who, codes) for (place, who), codes in by_address.items())
        is_installed = any(who == "App" for _, who in by_address)
        return tag(
            "section",
            tag("h2", "Who is told"),
            tag("ul", rows, class_="listeners")
            if by_address
            else tag("p", "Nobody yet: no webhook, no app that listens.", class_="empty"),
            tag(
                "div",
                address_form(
                    "/webhooks", "Outgoing webhook to", "http://127.0.0.1:8000/events", "Add"
                ),
                address_form(
                    "/install", "Install the app at", "http://127.0.0.1:8000/install", "Install"
                ),
                class_="columns",
            ),
            one_button("/uninstall", "Remove the app") if is_installed else None,
        )

    def _table(self, kind: Kind, records: list[dict[str, Any]]) -> Html:
        names = columns(kind)
        head = tag("tr", (tag("th", name, scope="col") for name in ("ID", *names)))

        def row(record: Mapping[str, Any]) -> Html:
            number = link(str(record["ID"]), f"/records/{kind.name}/{record['ID']}")
            cells = (tag("td", shortened(text_of(record.get(name)))) for name in names)
            return tag("tr", tag("th", number, scope="row"), cells)

        body = tag("tbody", map(row, records))
        caption = tag("caption", f"{plural(kind)}, newest first", class_="unseen")
        return tag("div", tag("table", caption, tag("thead", head), body), class_="scroll")

    def _users(self, chosen: Any) -> Html:
        chosen = str(chosen or "1")
        users = [self._portal.record("user", i) for i in self._portal.ids("user")[:100]]
        options = [
            (user["ID"], f"{user['NAME'] or ''} {user['LAST_NAME'] or ''}") for user in users
        ]
        options.append(("0", "nobody (a robot, an import)"))
        choices = (
            tag("option", name.strip() or f"user {i}", value=i, selected=i == chosen)
            for i, name in options
        )
        return tag("label", "Done by", tag("select", choices, name="by"))

    def _deletion(self, kind: Kind, record_id: int) -> Html:
        path = f"/records/{kind.name}/{record_id}/delete"
        what = f"{singular(kind).lower()} {record_id}"
        return tag(
            "details",
            tag("summary", "Delete"),
            tag("p", self.event_note(kind, "DELETE")),
            one_button(path, f"Delete {what}"),
            class_="deletion",
        )


def _pages(path: str, start: int, count: int) -> Html | None:
    """Where the neighbouring pages of a list are, if there are any."""
    newer = link("Newer", f"{path}?start={max(0, start - ROWS)}") if start else None
    older = link("Older", f"{path}?start={start + ROWS}") if count - start > ROWS else None
    if newer is None and older is None:
        return None
    return tag("nav", newer, older, class_="pages", aria_label="Pages")
