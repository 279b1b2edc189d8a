"""The methods of REST 3.0 that the fake portal has: those of tasks.

Source: protocol.md 4.6.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bitrix_events.testing.fields import Record
from bitrix_events.testing.kinds import TASK, USER
from bitrix_events.testing.methods import PortalState, Request
from bitrix_events.testing.v3_query import (
    Fields,
    Params,
    V3Error,
    invalid_field,
    read_cursor,
    read_filter,
    read_order,
    read_pagination,
    selected_names,
)
from bitrix_events.testing.world import RecordMissingError

_TASK: Final = Fields(
    "TaskDto",
    {
        "id": "ID",
        "title": "TITLE",
        "description": "DESCRIPTION",
        "creatorId": "CREATED_BY",
        "created": "CREATED_DATE",
        "responsibleId": "RESPONSIBLE_ID",
        "deadline": "DEADLINE",
        "startPlan": "START_DATE_PLAN",
        "endPlan": "END_DATE_PLAN",
        "groupId": "GROUP_ID",
        "priority": "PRIORITY",
        "status": "STATUS",
        "parentId": "PARENT_ID",
        "changed": "CHANGED_DATE",
        "closed": "CLOSED_DATE",
    },
    {
        "priority": {"0": "low", "1": "average", "2": "high"},
        "status": {
            "2": "pending",
            "3": "in_progress",
            "4": "supposedly_completed",
            "5": "completed",
            "6": "deferred",
            "7": "declined",
        },
    },
)
_USER: Final = Fields("UserDto", {"id": "ID", "name": "NAME", "email": "EMAIL"})
_RELATIONS: Final = {"creator": "creatorId", "responsible": "responsibleId"}


@dataclass(frozen=True, slots=True)
class V3Method:
    """A method, and whether it changes something."""

    function: Callable[[PortalState, Params, int], Any]
    """From the portal, the parameters and the user to the result."""
    changes: bool


def get_task(portal: PortalState, params: Params, user_id: int) -> Any:
    return {"item": _shown(portal, _existing(portal, params), params)}


def list_tasks(portal: PortalState, params: Params, user_id: int) -> Any:
    wanted = read_filter(_TASK, params.get("filter"))
    order = read_order(_TASK, params.get("order"))
    part = read_pagination(params.get("pagination"), default=portal.page_size)
    table = portal.world.table(TASK)
    ids = table.select(wanted.conditions, order)
    if wanted.tests:
        ids = [i for i in ids if wanted.accepts(table.get(i))]
    return {"items": [_shown(portal, table.get(i), params) for i in ids[part]]}


def tail_tasks(portal: PortalState, params: Params, user_id: int) -> Any:
    """The rows after a cursor; its field must not be in the filter."""
    name, value, way, limit = read_cursor(_TASK, params.get("cursor"), default=portal.page_size)
    wanted = read_filter(_TASK, params.get("filter"))
    if name in wanted.names:
        raise V3Error("INVALIDFILTER", f"The cursor field `{name}` must not be in the filter")
    classic = _TASK.classic_name(name)
    conditions = dict(wanted.conditions)
    if value is not None:
        conditions[(">" if way == "ASC" else "<") + classic] = _TASK.stored(name, value)
    table = portal.world.table(TASK)
    items = []
    for record_id in table.select(conditions, {classic: way}):
        record = table.get(record_id)
        if wanted.accepts(record):
            items.append(_shown(portal, record, params))
            if len(items) == limit:
                break
    return {"items": items}


def add_task(portal: PortalState, params: Params, user_id: int) -> Any:
    fields = _given_fields(params)
    for name in ("title", "creatorId", "responsibleId"):
        if fields.get(name) in (None, ""):
            raise invalid_field(name, f"The required field `{name}` is not given")
    record = Request(portal, {}, user_id).add(TASK, _stored_fields(fields))
    return {"item": _shown(portal, record, params)}


def update_task(portal: PortalState, params: Params, user_id: int) -> Any:
    task_id = _existing(portal, params)["ID"]
    Request(portal, {}, user_id).update(TASK, task_id, _stored_fields(_given_fields(params)))
    return {"result": True}


def delete_task(portal: PortalState, params: Params, user_id: int) -> Any:
    Request(portal, {}, user_id).delete(TASK, _existing(portal, params)["ID"])
    return {"result": True}


METHODS: Final = {
    "tasks.task.get": V3Method(get_task, changes=False),
    "tasks.task.list": V3Method(list_tasks, changes=False),
    "tasks.task.tail": V3Method(tail_tasks, changes=False),
    "tasks.task.add": V3Method(add_task, changes=True),
    "tasks.task.update": V3Method(update_task, changes=True),
    "tasks.task.delete": V3Method(delete_task, changes=True),
}


def _existing(portal: PortalState, params: Params) -> Record:
    task_id = params.get("id")
    if task_id is None:
        raise invalid_field("id", "The required field `id` is not given")
    if not str(task_id).isdecimal():
        raise invalid_field("id", "`id` must be an integer")
    try:
        return portal.world.get(TASK, int(task_id))
    except RecordMissingError:
        raise V3Error("ENTITYNOTFOUND", f"Task {task_id} was not found") from None


def _given_fields(params: Params) -> Params:
    fields = params.get("fields")
    if not isinstance(fields, dict):
        raise invalid_field("fields", "The required field `fields` is not given")
    return fields


def _stored_fields(fields: Params) -> Params:
    return {_TASK.classic_name(name): _TASK.stored(name, value) for name, value in fields.items()}


def _shown(portal: PortalState, record: Record, params: Params) -> Params:
    """The selected fields of a task; ``responsible.name`` is one of a related user.

    Unknown fields of the task are left out, those of a related object are an error.
    """
    names = selected_names(params.get("select")) or list(_TASK.classic_names)
    item: Params = {}
    for name in names:
        relation, _, related = name.partition(".")
        if related:
            item.setdefault(relation, {})[related] = _related(portal, record, relation, related)
        elif name in _TASK.classic_names:
            item[name] = _TASK.shown(name, record)
    return item


def _related(portal: PortalState, record: Record, relation: str, name: str) -> Any:
    if relation not in _RELATIONS:
        raise V3Error("UNKNOWNDTOPROPERTY", f"Unknown field `{relation}` of `TaskDto`")
    _USER.classic_name(name)
    user_id = _TASK.shown(_RELATIONS[relation], record)
    users = portal.world.table(USER)
    return _USER.shown(name, users.get(user_id)) if user_id in users else None
