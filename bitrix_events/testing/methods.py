"""What a REST method of the fake is: a function from a request to an answer, with a name.

The methods themselves are in the modules whose names begin with ``methods_``; `rest` calls them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from bitrix_events.testing.fields import Kind, Record
from bitrix_events.testing.listing import Page, cut_page, operands, split_condition
from bitrix_events.testing.oauth import OAuthServer
from bitrix_events.testing.offline import NO_QUEUE, Queue
from bitrix_events.testing.registrations import Registrations
from bitrix_events.testing.sender import Sender
from bitrix_events.testing.site import Site
from bitrix_events.testing.world import Change, World

Params: TypeAlias = dict[str, Any]

OWN_METHODS: Final = ("batch", "methods")
"""Methods that are about the others, open to every app; `rest` answers them itself."""
_LONGEST_HANDLER: Final = 255

STATUSES: Final[Mapping[str, int]] = {
    "WRONG_ENCODING": 200,
    "QUERY_LIMIT_EXCEEDED": 503,
    "OVERLOAD_LIMIT": 503,
    "OPERATION_TIME_LIMIT": 429,
    "expired_token": 401,
    "invalid_token": 401,
    "NO_AUTH_FOUND": 401,
    "INVALID_CREDENTIALS": 401,
    "insufficient_scope": 401,
    "user_access_error": 401,
    "authorization_error": 401,
    "APPLICATION_NOT_FOUND": 401,
    "PAYMENT_REQUIRED": 401,
    "CONNECTION_ERROR": 401,
    "METHOD_CONFIRM_WAITING": 401,
    "METHOD_CONFIRM_DENIED": 403,
    "ACCESS_DENIED": 403,
    "WRONG_LICENSE": 403,
    "WRONG_AUTH_TYPE": 403,
    "ALLOWED_ONLY_INTRANET_USER": 403,
    "PORTAL_DELETED": 403,
    "ERROR_METHOD_NOT_FOUND": 404,
    "ERROR_MANIFEST_IS_NOT_AVAILABLE": 404,
    "ERROR_BATCH_METHOD_NOT_ALLOWED": 405,
    "INTERNAL_SERVER_ERROR": 500,
    "ERROR_UNEXPECTED_ANSWER": 500,
}
"""The HTTP status of each system error where it is not 400 (protocol.md 4.5; where docs and source
differ on authorisation, the source)."""


class Habit(StrEnum):
    """An oddity of a list method."""

    IGNORES_ID_FILTER = "ignores the id filter"
    """Conditions on the id change nothing: the list cannot be read by keyset."""
    IGNORES_ORDER = "ignores the order"
    """Rows always come by ascending id."""
    IGNORES_START = "ignores start"
    """Every page is the first, and is counted."""


class RestError(Exception):
    """A method refuses. The code may be empty, as old CRM methods leave it, or a number."""

    def __init__(self, code: str | int, description: str, *, status: int | None = None) -> None:
        super().__init__(code, description)
        self.code = code
        self.description = description
        self.status = status or STATUSES.get(str(code), 400)

    def envelope(self) -> dict[str, Any]:
        return {"error": self.code, "error_description": self.description}


@dataclass(slots=True)
class PortalState:
    """All that the portal knows: what methods read and change."""

    site: Site
    clock: Callable[[], float]
    world: World
    oauth: OAuthServer
    sender: Sender
    registrations: Registrations = field(default_factory=Registrations)
    page_size: int = 50
    habits: dict[str, frozenset[Habit]] = field(default_factory=dict)
    """By lower case name of the method."""
    features: dict[str, str] = field(
        default_factory=lambda: {"rest_offline_extended": "Y", "rest_auth_connector": "Y"}
    )
    """What the portal's plan has: ``Y``, ``N`` or a text by code."""
    methods: Mapping[str, Method] = field(default_factory=dict)
    """The methods that there are, by lower case name."""

    redirect_url: str = ""
    """Where a visitor who consents is sent back to."""
    visitor: int = 1
    """Whose browser it is."""
    dismissed: dict[int, str] = field(default_factory=dict)
    """Users who left, and the error that their tokens answer."""

    def check_user(self, user_id: int) -> None:
        """Let a user call REST methods with a token.

        Raises:
            RestError: he has left.
        """
        code = self.dismissed.get(user_id)
        if code is not None:
            raise RestError(code, "The user does not have access to the application.")

    def announce(
        self,
        change: Change,
        *,
        user_id: int,
        made_by: Queue = NO_QUEUE,
        told: set[str] | None = None,
    ) -> None:
        """Raise the events of a change.

        Args:
            made_by: the queue of offline events that does not hear of it.
            told: what is raised already and not to be repeated; see `Request.told`.
        """
        for code, data in _events_of(change):
            event = f"{code} {data}"
            if told is None or event not in told:
                self.sender.raise_event(code, data, user_id=user_id, made_by=made_by)
            if told is not None:
                told.add(event)


@dataclass(frozen=True, slots=True)
class Request:
    """One call as a method sees it; ``params`` are without authorisation and ``start``."""

    portal: PortalState
    params: Params
    user_id: int
    method: str = ""
    """In lower case."""
    start: Any = 0
    by_webhook: bool = False
    client_id: str = ""
    """The app that calls; empty for a webhook."""
    auth_in_params: bool = False
    """Whether ``auth`` was among the parameters, where some methods stumble over it."""
    connector_id: str = ""
    """The queue of offline events that is meant, or is not to hear of the change. It stands beside
    the token: commands of a batch have that of the batch (protocol.md 8.1)."""
    told: set[str] = field(default_factory=set)
    """The events that the same HTTP request has raised: of what all its commands do, exactly the
    same event goes out once (protocol.md 1.9)."""

    def mapping(self, name: str) -> Params:
        """A parameter that is a mapping; its name may be in upper case. An empty one may be
        missing or, from PHP, a list.

        Raises:
            RestError: it is something else.
        """
        value = self._given(name) or {}
        if not isinstance(value, dict):
            raise RestError("", f"Parameter '{name}' must be array.")
        return value

    def record_id(self, name: str = "id") -> int:
        """The id parameter; upper case is accepted too.

        Raises:
            RestError: there is none.
        """
        value = str(self._given(name))
        if not value.isdecimal():
            raise RestError("", "ID is not defined or invalid.")
        return int(value)

    def selected(self, default: list[str]) -> list[str]:
        """The names to select; none given means ``default``."""
        names = self._given("select") or default
        return [str(name) for name in operands("=", names)]

    def _given(self, name: str) -> Any:
        """A parameter, whose name may be in upper case; empty text if there is none."""
        return self.params.get(name, self.params.get(name.upper(), ""))

    def page_of(self, kind: Kind, conditions: Params, order: Params) -> Page[Record]:
        """The wanted page of all records of a kind."""
        ignored = self.portal.habits.get(self.method, ())
        start = 0 if Habit.IGNORES_START in ignored else self.start
        ids = self.ids_of(kind, conditions, order)
        page = cut_page(ids, start, page_size=self.portal.page_size)
        return Page(self.rows_of(kind, page.rows), page.total, page.next)

    def ids_of(self, kind: Kind, conditions: Params, order: Params) -> Sequence[int]:
        """The ids of all records of a kind that meet the conditions, in order.

        Raises:
            RestError: there is a group of conditions.
        """
        if any(_is_group(split_condition(key)[1]) for key in conditions):
            raise RestError("ERROR_ARGUMENT", "The fake portal knows no groups of conditions.")
        ignored = self.portal.habits.get(self.method, ())
        if Habit.IGNORES_ID_FILTER in ignored:
            conditions = {k: v for k, v in conditions.items() if split_condition(k)[1] != "ID"}
        if Habit.IGNORES_ORDER in ignored:
            order = {}
        return self.portal.world.table(kind).select(conditions, order)

    def rows_of(self, kind: Kind, ids: Sequence[int]) -> list[Record]:
        return list(map(self.portal.world.table(kind).get, ids))

    def add(self, kind: Kind, fields: Params) -> Record:
        """Make a record on behalf of the caller, and raise the event."""
        given = {name: value for name, value in fields.items() if name != "ID"}
        change = self.portal.world.add(kind, given, user_id=self.user_id)
        self._announce(change)
        return change.record

    def update(self, kind: Kind, record_id: int, fields: Params) -> Record:
        """Change a record on behalf of the caller, and raise the event; see `World.change`."""
        change = self.portal.world.change(kind, record_id, fields, user_id=self.user_id)
        self._announce(change)
        return change.record

    def delete(self, kind: Kind, record_id: int) -> None:
        """Remove a record on behalf of the caller, and raise the event; see `World.delete`."""
        change = self.portal.world.delete(kind, record_id)
        self._announce(change)

    def _announce(self, change: Change) -> None:
        made_by = Queue(self.client_id, self.connector_id) if self.connector_id else NO_QUEUE
        self.portal.announce(change, user_id=self.user_id, made_by=made_by, told=self.told)


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a list method; other methods return their result as it is.

    Attributes:
        total: how many rows there are.
        next: the ``start`` of the next page.
    """

    result: Any
    total: int | None = None
    next: int | None = None

    @classmethod
    def of_page(cls, page: Page[Any], result: Any) -> Answer:
        return cls(result, page.total, page.next)


Function: TypeAlias = Callable[[Request], Any]


@dataclass(frozen=True, slots=True)
class Method:
    """A function under the name it answers to, and what it takes to call it."""

    function: Function
    scope: str | None
    """The scope that the app must have; None for methods open to every app."""
    app_only: bool


class Methods(dict[str, Method]):
    """Methods by lower case name."""

    def add(
        self, name: str, *, scope: str | None = None, app_only: bool = False
    ) -> Callable[[Function], Function]:
        """Decorator: list the function under this name, unchanged."""

        def register(function: Function) -> Function:
            self[name.lower()] = Method(function, scope, app_only)
            return function

        return register


def check_handler(handler: str) -> None:
    """Look whether a portal could store this address, and post to it.

    Raises:
        RestError: it could not.
    """
    if not handler.lower().startswith(("http://", "https://")):
        raise RestError("ERROR_UNSUPPORTED_PROTOCOL", "Unsupported event handler protocol")
    try:
        host = urlsplit(handler).hostname
    except ValueError:
        host = None
    if not host or len(handler) > _LONGEST_HANDLER:
        raise RestError("ERROR_WRONG_HANDLER_URL", "Wrong handler URL")


def _is_group(name: str) -> bool:
    """Whether a filter names conditions of its own there: ``0``, or ``::SUBFILTER-1`` of tasks."""
    return name.upper() in ("0", "LOGIC") or name.startswith("::")


def _events_of(change: Change) -> Iterator[tuple[str, dict[str, Any]]]:
    """Code and data of each event that a change raises."""
    kind = change.kind
    if change.action not in kind.actions:
        return
    code, data = _event_stem(change) + change.action, _event_data(change)
    yield code, data
    if kind.is_dynamic:
        yield f"{code}_{kind.entity_type_id}", data
    if kind.name == "deal" and change.moved_category:
        moved = {name: change.record[name] for name in ("ID", "CATEGORY_ID", "STAGE_ID")}
        yield "ONCRMDEALMOVETOCATEGORY", {"FIELDS": moved}
    if kind.name == "product":  # the outdated event, which is raised still
        yield f"ONCRMPRODUCT{change.action}", {"FIELDS": {"ID": change.id}}


def _event_stem(change: Change) -> str:
    if change.kind.name == "userfield":
        return f"ON{change.record['ENTITY_ID'] or ''}USERFIELD".replace("CRM_", "CRM")
    return change.kind.event_stem


def _event_data(change: Change) -> dict[str, Any]:
    if change.kind.name == "user":
        return {
            name: change.record[name] if change.record[name] is not None else ""
            for name in change.kind.fields
            if name != "ADMIN"
        }
    if change.kind.name == "timeline_comment":
        return {"ID": change.id}
    if change.kind.name == "currency":
        return {"FIELDS": {"ID": change.record["CURRENCY"]}}
    if change.kind.name == "userfield":
        return {"FIELDS": {name: change.record[name] for name in ("ID", "ENTITY_ID", "FIELD_NAME")}}
    if change.kind.name == "task":
        return _task_data(change)
    if change.kind.name == "product":
        return {"FIELDS": {"ID": change.id, "TYPE": change.record["TYPE"]}}
    if change.kind.is_dynamic:
        return {"FIELDS": {"ID": change.id, "ENTITY_TYPE_ID": change.kind.entity_type_id}}
    return {"FIELDS": {"ID": change.id}}


def _task_data(change: Change) -> dict[str, Any]:
    """The side that does not exist is the text ``undefined`` (protocol.md 1.8)."""
    is_new, is_gone = change.action == "ADD", change.action == "DELETE"
    known = {"ID": change.id}
    return {
        "FIELDS_BEFORE": "undefined" if is_new else known,
        "FIELDS_AFTER": "undefined" if is_gone else known,
        "IS_ACCESSIBLE_BEFORE": "N" if is_new else "Y",
        "IS_ACCESSIBLE_AFTER": "undefined" if is_new else "N" if is_gone else "Y",
    }
