"""``tasks.task.*``: names are upper case in requests and camel case in answers; values are text.

Source: protocol.md 7.4.
"""

from __future__ import annotations

from typing import Any, Final

from bitrix_events.testing.fields import Record
from bitrix_events.testing.kinds import TASK
from bitrix_events.testing.methods import Answer, Methods, Params, Request, RestError
from bitrix_events.testing.world import classic_rows, iso_time

METHODS: Final = Methods()

_STATUSES: Final = {
    "start": "3",
    "pause": "2",
    "renew": "2",
    "complete": "5",
    "defer": "6",
    "disapprove": "7",
    "approve": "5",
}
"""The status that each method puts a task in."""
_CLOSED: Final = "5"


@METHODS.add("tasks.task.list", scope="task")
def list_tasks(request: Request) -> Answer:
    page = request.page_of(TASK, request.mapping("filter"), request.mapping("order"))
    return Answer.of_page(page, {"tasks": _shown(page.rows, request.selected(["*"]))})


@METHODS.add("tasks.task.get", scope="task")
def get_task(request: Request) -> dict[str, Any]:
    record = request.portal.world.get(TASK, request.record_id("taskId"))
    (row,) = _shown([record], request.selected(["*"]))
    return {"task": row}


@METHODS.add("tasks.task.add", scope="task")
def add_task(request: Request) -> dict[str, Any]:
    fields = request.mapping("fields")
    for name in ("TITLE", "RESPONSIBLE_ID"):
        if not fields.get(name):
            raise RestError("ERROR_CORE", f"The field {name} is required.")
    return _task(request.add(TASK, fields))


@METHODS.add("tasks.task.update", scope="task")
def update_task(request: Request) -> dict[str, Any]:
    return _change(request, request.mapping("fields"))


@METHODS.add("tasks.task.delete", scope="task")
def delete_task(request: Request) -> dict[str, bool]:
    request.delete(TASK, request.record_id("taskId"))
    return {"task": True}


def _register_status(verb: str, status: str) -> None:
    @METHODS.add(f"tasks.task.{verb}", scope="task")
    def put_in_status(request: Request) -> dict[str, Any]:
        return _change(request, {"STATUS": status})


def _change(request: Request, fields: Params) -> dict[str, Any]:
    if "STATUS" in fields:
        closed = str(fields["STATUS"]) == _CLOSED
        moment = iso_time(request.portal.clock()) if closed else None
        fields = {"CLOSED_DATE": moment, **fields}
    return _task(request.update(TASK, request.record_id("taskId"), fields))


def _task(record: Record) -> dict[str, Any]:
    return {"task": _shown([record], ["*", "UF_*"])[0]}


def _shown(records: list[Record], names: list[str]) -> list[dict[str, Any]]:
    rows = classic_rows(TASK, records, names)
    return [{TASK.item_name(name): value for name, value in row.items()} for row in rows]


for _verb, _status in _STATUSES.items():
    _register_status(_verb, _status)
