"""``event.offline.*``: an app fetches its events instead of being sent them.

Source: protocol.md 8.3 and 8.4. Parameter names are taken in any case.
"""

from __future__ import annotations

from typing import Any, Final

from bitrix_events.testing.listing import cut_page, split_condition
from bitrix_events.testing.methods import Answer, Methods, Params, Request, RestError
from bitrix_events.testing.offline import Query, Queue

METHODS: Final = Methods()

_DEFAULT_LIMIT: Final = 50
_MESSAGE_ID_LENGTH: Final = 32
_FIELDS: Final = ("ID", "TIMESTAMP_X", "EVENT_NAME", "EVENT_DATA", "EVENT_ADDITIONAL", "MESSAGE_ID")
_SEARCHED: Final = frozenset({"ID", "TIMESTAMP_X", "EVENT_NAME", "MESSAGE_ID"})
_STATE: Final = ("PROCESS_ID", "ERROR")


@METHODS.add("event.offline.get", app_only=True)
def get_events(request: Request) -> dict[str, Any]:
    """Reserve events for the caller, or remove them as they are read; or read a reservation."""
    params, queue = _opened(request)
    clears = _whole_number(params.get("clear", 1)) != 0
    if not clears and request.portal.features.get("rest_offline_extended") != "Y":
        raise RestError("WRONG_LICENSE", "extended offline events handling is not available")
    limit = _whole_number(params.get("limit", _DEFAULT_LIMIT))
    if limit < 1:
        raise RestError("ERROR_ARGUMENT", "Value must be positive integer")
    conditions = _known(params.get("filter"), _SEARCHED)
    conditions["=ERROR"] = int(_whole_number(params.get("error", 0)) == 1)
    query = Query(conditions, _known(params.get("order"), _SEARCHED), limit)
    queues = request.portal.sender.offline
    named = params.get("process_id")
    process_id = queues.reserve(queue, query) if named is None else str(named).strip()
    rows = queues.read(queue, query, process_id=process_id)
    if clears and rows:
        queues.clear(queue, process_id)
    return {
        "process_id": None if clears and named is None else process_id,
        "events": [{name: _text(row[name]) for name in _FIELDS} for row in rows],
    }


@METHODS.add("event.offline.clear", app_only=True)
def clear_events(request: Request) -> bool:
    params, queue = _opened(request)
    process_id = _process_id(params)
    queues = request.portal.sender.offline
    if params.get("message_id") is not None:
        queues.clear(queue, process_id, "MESSAGE_ID", _message_ids(params, exact=True))
    elif params.get("id") is not None:
        ids = params["id"] if isinstance(params["id"], list) else [0]
        numbers = [_whole_number(value) for value in ids]
        if min(numbers, default=0) < 1:
            raise RestError("ERROR_ARGUMENT", "Value must be array of integers")
        queues.clear(queue, process_id, "ID", numbers)
    else:
        queues.clear(queue, process_id)
    return True


@METHODS.add("event.offline.error", app_only=True)
def fail_events(request: Request) -> bool:
    params, queue = _opened(request)
    process_id = _process_id(params)
    request.portal.sender.offline.fail(queue, process_id, _message_ids(params, exact=False))
    return True


@METHODS.add("event.offline.list", app_only=True)
def list_events(request: Request) -> Answer:
    """A view of the queue, reserved records and failed ones included."""
    params, queue = _opened(request)
    known = _SEARCHED.union(_STATE)
    order = _known(params.get("order"), known) or {"ID": "ASC"}
    query = Query(_known(params.get("filter"), known), order)
    rows = request.portal.sender.offline.read(queue, query)
    page = cut_page(rows, request.start, page_size=request.portal.page_size)
    shown = [{name: _text(row[name]) for name in (*_FIELDS, *_STATE)} for row in page.rows]
    return Answer.of_page(page, shown)


def _opened(request: Request) -> tuple[Params, Queue]:
    """The parameters by lower case names, and the caller's queue.

    Raises:
        RestError: he is no administrator.
    """
    if not request.portal.world.is_admin(request.user_id):
        raise RestError("ACCESS_DENIED", "Access denied!")
    params = {name.lower(): value for name, value in request.params.items()}
    return params, Queue(request.client_id, request.connector_id)


def _process_id(params: Params) -> str:
    if params.get("process_id") is None:
        raise RestError("ERROR_ARGUMENT", "Argument 'PROCESS_ID' is null or empty")
    return str(params["process_id"]).strip()


def _message_ids(params: Params, *, exact: bool) -> list[str]:
    """Source: protocol.md 8.4; only clear minds the length."""
    given = params.get("message_id")
    ids = [str(value).strip() for value in given] if isinstance(given, list) else [""]
    if given is None or not isinstance(given, list):
        raise RestError("ERROR_ARGUMENT", "Value must be array of MESSAGE_ID values")
    if exact and any(len(message_id) != _MESSAGE_ID_LENGTH for message_id in ids):
        raise RestError("ERROR_ARGUMENT", "Value must be array of MESSAGE_ID values")
    return ids


def _known(conditions: Any, names: frozenset[str]) -> Params:
    """The conditions, or the order, by fields that the method knows; others are overlooked."""
    if not isinstance(conditions, dict):
        return {}
    return {key: value for key, value in conditions.items() if split_condition(key)[1] in names}


def _text(value: Any) -> Any:
    """Numbers of the record itself are text; data and additions keep their types."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _whole_number(value: Any) -> int:
    return int(value) if str(value).isdecimal() else 0
