"""Lists that are read in other ways than ``crm.deal.list``: shapes of rows, and styles of paging.

Source: protocol.md 7.1 and 7.4.
"""

from __future__ import annotations

from typing import Any, Final

from bitrix_events.testing.fields import Kind, item_value
from bitrix_events.testing.kinds import (
    ADDRESS,
    DEPARTMENT,
    DISK_OBJECT,
    ELAPSED_ITEM,
    STATUS,
    USER,
)
from bitrix_events.testing.listing import select_fields, split_condition
from bitrix_events.testing.methods import Answer, Methods, Params, Request, RestError
from bitrix_events.testing.world import classic_record, classic_rows

METHODS: Final = Methods()
_IM_ROWS: Final = 10
_IM_MOST_ROWS: Final = 50


# Lists that cannot be read by keyset.


@METHODS.add("crm.status.list", scope="crm")
def list_statuses(request: Request) -> Answer:
    """The whole list at once, whatever ``start`` says."""
    ids = request.ids_of(STATUS, request.mapping("filter"), request.mapping("order"))
    rows = request.rows_of(STATUS, ids)
    return Answer([classic_record(STATUS, row) for row in rows], total=len(rows))


@METHODS.add("crm.address.list", scope="crm")
def list_addresses(request: Request) -> Answer:
    """Addresses have no id: one in the filter or the order is nothing the list knows."""
    conditions = {
        key: operand
        for key, operand in request.mapping("filter").items()
        if split_condition(key)[1] != "ID"
    }
    order = {name: way for name, way in request.mapping("order").items() if name != "ID"}
    page = request.page_of(ADDRESS, conditions, order)
    rows = classic_rows(ADDRESS, page.rows, request.selected(["*"]))
    return Answer.of_page(page, [{k: v for k, v in row.items() if k != "ID"} for row in rows])


@METHODS.add("department.get", scope="department")
def get_departments(request: Request) -> Answer:
    """Conditions stand at the top level, by exact name; others are overlooked."""
    conditions = {name: v for name, v in request.params.items() if name in DEPARTMENT.fields}
    order = {str(request.params.get("sort", "ID")): request.params.get("order", "ASC")}
    page = request.page_of(DEPARTMENT, conditions, order)
    return Answer.of_page(page, classic_rows(DEPARTMENT, page.rows, ["*", "UF_*"]))


@METHODS.add("department.add", scope="department")
def add_department(request: Request) -> int:
    """Fields stand at the top level."""
    for name in ("NAME", "PARENT"):
        if not request.params.get(name):
            raise RestError("ERROR_ARGUMENT", f"Argument '{name}' is null or empty")
    return int(request.add(DEPARTMENT, _department_fields(request))["ID"])


@METHODS.add("department.update", scope="department")
def update_department(request: Request) -> bool:
    """Fields stand at the top level, beside the ID."""
    request.update(DEPARTMENT, request.record_id("ID"), _department_fields(request))
    return True


@METHODS.add("department.delete", scope="department")
def delete_department(request: Request) -> bool:
    request.delete(DEPARTMENT, request.record_id("ID"))
    return True


@METHODS.add("department.fields", scope="department")
def describe_department(request: Request) -> dict[str, str]:
    """The fields by name, each with its title: the fake has none but the name."""
    return {name: name for name in DEPARTMENT.fields}


def _department_fields(request: Request) -> Params:
    known = [name for name in DEPARTMENT.fields if name != "ID"]
    return {name: request.params[name] for name in known if name in request.params}


@METHODS.add("im.search.user.list", scope="im")
def search_im_users(request: Request) -> Answer:
    """A mapping by id, read by OFFSET and LIMIT."""
    offset = _whole_number(request.params.get("OFFSET", 0))
    limit = min(_whole_number(request.params.get("LIMIT", _IM_ROWS)), _IM_MOST_ROWS)
    found = search_users(request, str(request.params.get("FIND", "")))
    rows = {
        str(row["ID"]): {
            "id": row["ID"],
            "name": f"{row['NAME'] or ''} {row['LAST_NAME'] or ''}".strip(),
            "first_name": row["NAME"] or "",
            "last_name": row["LAST_NAME"] or "",
            "work_position": row["WORK_POSITION"] or "",
        }
        for row in found[offset : offset + limit]
    }
    more = offset + limit if offset + limit < len(found) else None
    return Answer(rows, total=len(found), next=more)


@METHODS.add("user.search", scope="user")
def find_users(request: Request) -> Answer:
    """As ``user.get``, with FIND as words in the names."""
    return users_page(request, find=str(request.params.get("FIND", "")))


@METHODS.add("task.elapseditem.getlist", scope="task")
def list_elapsed_items(request: Request) -> Answer:
    """Parameters by position, whatever their names: [task,] order, filter, select, params."""
    if request.auth_in_params:
        raise RestError("ERROR_ARGUMENT", "Too many arguments: auth is not expected here.")
    values = list(request.params.values())
    conditions: Params = {}
    if values and not isinstance(values[0], dict | list):
        conditions["TASK_ID"] = values.pop(0)
    names = ("ORDER", "FILTER", "SELECT", "PARAMS")
    if len(values) > len(names):
        raise RestError("ERROR_ARGUMENT", f"Too many arguments: {len(values)}")
    given: dict[str, Any] = dict(zip(names, values, strict=False))
    for name, value in given.items():
        wanted = list if name == "SELECT" else dict
        if not isinstance(value, wanted) and value:
            raise RestError("ERROR_ARGUMENT", f"Param #{names.index(name)} ({name}) must be array")
    order, named = given.get("ORDER") or {}, given.get("FILTER") or {}
    navigation = (given.get("PARAMS") or {}).get("NAV_PARAMS") or {}
    most = request.portal.page_size
    size = min(_whole_number(navigation.get("nPageSize", most)) or most, most)
    first = (max(_whole_number(navigation.get("iNumPage", 1)), 1) - 1) * size
    ids = request.ids_of(ELAPSED_ITEM, conditions | named, order)
    rows = request.rows_of(ELAPSED_ITEM, ids[first : first + size])
    more = first + size if first + size < len(ids) else None
    select = given.get("SELECT") or ["*"]
    return Answer(classic_rows(ELAPSED_ITEM, rows, select), total=len(ids), next=more)


# Lists that are read as deals are.


@METHODS.add("disk.folder.getchildren", scope="disk")
def list_folder(request: Request) -> Answer:
    conditions = request.mapping("filter") | {"PARENT_ID": request.record_id()}
    page = request.page_of(DISK_OBJECT, conditions, request.mapping("order"))
    return Answer.of_page(page, [classic_record(DISK_OBJECT, row) for row in page.rows])


# Users.


def users_page(request: Request, *, find: str = "") -> Answer:
    """Users by filter; a filter may also stand at the top level, as in ``user.get?ID=1``.

    An uncounted page has the total 0, as old methods have it.
    """
    conditions = request.mapping("FILTER") or request.mapping("filter")
    top_level = {name: value for name, value in request.params.items() if name in USER.fields}
    if find:
        top_level["@ID"] = [row["ID"] for row in search_users(request, find)] or [0]
    sort = request.params.get("sort", request.params.get("SORT", "ID"))
    direction = request.params.get("order", request.params.get("ORDER", "ASC"))
    order = direction if isinstance(direction, dict) else {str(sort): direction}
    page = request.page_of(USER, top_level | conditions, order)
    rows = [user_row(row) for row in page.rows]
    return Answer(rows, page.total if page.total is not None else 0, page.next)


def user_row(record: Params) -> dict[str, Any]:
    """A user as all methods answer it."""
    return {name: value for name, value in classic_record(USER, record).items() if name != "ADMIN"}


def search_users(request: Request, words: str) -> list[Params]:
    """Users with all words in their names, by id."""
    wanted = words.casefold().split()
    return [
        row
        for row in request.portal.world.all(USER)
        if all(
            word in f"{row['NAME'] or ''} {row['LAST_NAME'] or ''}".casefold() for word in wanted
        )
    ]


def classic_query(request: Request, kind: Kind) -> tuple[Params, Params]:
    """Filter and order of a request with camel case names, by classic names."""
    conditions = {}
    for key, operand in request.mapping("filter").items():
        operator, name = split_condition(key)
        conditions[("" if operator == "=" else operator) + kind.classic_name(name)] = operand
    order = {kind.classic_name(name): way for name, way in request.mapping("order").items()}
    return conditions, order


def typed_row(kind: Kind, row: Params, names: list[str]) -> dict[str, Any]:
    chosen = select_fields(row, names)
    return {kind.item_name(name): item_value(value) for name, value in chosen.items()}


def _whole_number(value: Any) -> int:
    return int(value) if str(value).isdecimal() else 0
