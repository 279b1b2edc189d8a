"""What is known about REST methods: whether a call may be repeated, and how a list is read.

The facts lie in ``generated/methods.json``, which `bitrix_events.catalog.generate` makes from the
catalogue of the vendor's documentation. It is read when the first fact is asked for.

Source: protocol.md 4.2, 4.6, 6.6 and 7.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final, Literal

from bitrix_events.nearest import did_you_mean

Path = tuple[str, ...]
"""Where something is in a nested structure: ``("params", "filter")`` is ``params[filter]``."""

Section = Literal["classic", "v3"]
"""Of the catalogue: some names are in both, with other parameters."""

Shape = Literal["records", "values", "map"]
"""Rows are objects; or plain values; or the values of an object, whose keys are their ids."""


class Kind(StrEnum):
    """What a method does, seen by somebody who never got its answer."""

    READ = "read"
    """Changes nothing that could be changed twice: may be repeated."""

    ADD = "add"
    """Creates or sends something: twice is two of them."""

    UPDATE = "update"
    """Writes values that the call states: the second time changes nothing."""

    DELETE = "delete"
    """Removes what the call names: the second time finds nothing."""

    ACTION = "action"
    """Anything else: treat it like ADD."""


class Paging(StrEnum):
    """How a list method is asked for more rows; `ListFacts.page` names the parameters."""

    START = "start"
    """``start`` is an offset. The answer says where the ``next`` page is, and the ``total``."""

    WHOLE = "whole"
    """No paging: everything is in one answer."""

    LIMIT_OFFSET = "limit_offset"
    """Number of rows, number of rows to skip. A short page is the last one."""

    PAGE = "page"
    """Number of the page, from 1. A short page is the last one."""

    NAV = "nav"
    """Number of rows, number of the page from 1, both inside of another parameter."""

    LAST_ID = "last_id"
    """Number of rows, id of the last row seen."""

    LIMIT = "limit"
    """Number of rows; there is no way to the others."""

    PAGINATION = "pagination"
    """REST 3.0: an object with ``page``, ``limit``, ``offset``. A short page is the last one."""

    CURSOR = "cursor"
    """REST 3.0: an object with ``field``, ``value``, ``order``, ``limit``."""


@dataclass(frozen=True, slots=True)
class ListFacts:
    """How to read the rows of a list method.

    Attributes:
        rows: path to the rows inside ``result``; ``()`` is ``result`` itself, None unknown.
        shape: what a row is.
        id_field: key of the id in a row; None if there is none, or it is not one key.
        filter_id: the same id as it is written in filter, order and select.
        filter: parameter that takes the filter; None if the method has none.
        order: parameter that takes the order: an object, field to ``ASC`` or ``DESC``. If there is
            `sort`, too: the word alone.
        sort: parameter that takes the name of the field to order by.
        select: parameter that takes the names of the wanted fields.
        select_needs: names without which a select makes no sense, or is refused.
        paging: how to ask for more.
        page: parameters that paging needs, in the order that its description in `Paging` has.
        page_size: rows per page unless something else is asked for.
        page_max: most rows that may be asked for; None if not documented or not for choice.
        keyset: ``filter[>id]`` with order by id and ``start=-1`` works; ids are whole numbers.
    """

    rows: Path | None = None
    shape: Shape = "records"
    id_field: str | None = None
    filter_id: str | None = None
    filter: Path | None = None
    order: Path | None = None
    sort: Path | None = None
    select: Path | None = None
    select_needs: tuple[str, ...] = ()
    paging: Paging = Paging.START
    page: tuple[Path, ...] = (("start",),)
    page_size: int = 50
    page_max: int | None = None
    keyset: bool = False


@dataclass(frozen=True, slots=True)
class MethodFacts:
    """What is known about a method.

    Attributes:
        name: as the documentation writes it; as it was asked for if it is not documented.
        kind: what repeating it would do.
        scope: permission it needs; several are joined by ``|``; ``""`` if unknown.
        app_only: a webhook is refused.
        batchable: may share a request with other calls. False for what the portal refuses inside
            a batch, and for what carries whole files.
        positional: the portal looks at the order of parameters, not at their names.
        list: how to read its rows; None if it returns something else.
        parameters: names of a positional method's parameters, in order; otherwise empty.
        documented: False if everything here is guessed from the name.
        deprecated: whether the vendor advises against it.
        replacement: what to call instead, ``crm.item.add``, or a mask such as ``crm.category.*``;
            empty if nothing is named.
    """

    name: str
    kind: Kind
    scope: str = ""
    app_only: bool = False
    batchable: bool = True
    positional: bool = False
    list: ListFacts | None = None
    parameters: tuple[str, ...] = ()
    documented: bool = True
    deprecated: bool = False
    replacement: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def method_facts(name: str) -> MethodFacts:
    """Facts about a classic method. Case does not matter; of an unknown method they are guessed."""
    return _facts("classic", name)


@lru_cache(maxsize=512)
def v3_method_facts(name: str) -> MethodFacts:
    """The same of a REST 3.0 method, which may have the name of a classic one."""
    return _facts("v3", name)


def supported_methods() -> tuple[str, ...]:
    """Names of the documented classic methods, sorted."""
    return tuple(_catalog()["classic"])


def v3_methods() -> tuple[str, ...]:
    """Names of the documented REST 3.0 methods, sorted."""
    return tuple(_catalog()["v3"])


@cache
def _catalog() -> dict[str, dict[str, dict[str, Any]]]:
    text = files("bitrix_events.generated").joinpath("methods.json").read_text("utf-8")
    catalog: dict[str, dict[str, dict[str, Any]]] = json.loads(text)
    return catalog


@cache
def _spellings(section: Section) -> dict[str, str]:
    return {name.lower(): name for name in _catalog()[section]}


@cache
def first_parts(section: Section) -> frozenset[str]:
    """What documented names begin with: ``crm``, ``tasks``."""
    return frozenset(name.partition(".")[0] for name in _catalog()[section])


def parts_below(section: Section, path: str) -> list[str]:
    """What may follow a path such as ``crm.deal``, by the documentation; sorted."""
    start = f"{path}."
    names = (name for name in _catalog()[section] if name.startswith(start))
    return sorted({name.removeprefix(start).partition(".")[0] for name in names})


def facts_of(section: Section, name: str) -> MethodFacts:
    """`method_facts` or `v3_method_facts`."""
    return method_facts(name) if section == "classic" else v3_method_facts(name)


def nearest_methods(section: Section, name: str) -> str:
    """``"did you mean crm.deal.get?"``, or ``""`` if no documented name is like it.

    Only its neighbours, and names that share the most parts with it, are compared, which is fast
    enough for an event loop.
    """
    namespace, _, _ = name.lower().rpartition(".")
    parts = frozenset(name.lower().split("."))
    shared = {known: len(parts & of_known) for known, of_known in _parts(section).items()}
    most = max(shared.values())
    names = [
        known
        for known, count in shared.items()
        if count == most or known.lower().rpartition(".")[0] == namespace
    ]
    if not most:
        names = [known for known in names if known.count(".") == name.count(".")]
    return did_you_mean(name, names)


@cache
def _parts(section: Section) -> dict[str, frozenset[str]]:
    return {name: frozenset(name.lower().split(".")) for name in _catalog()[section]}


def _facts(section: Section, name: str) -> MethodFacts:
    documented = _spellings(section).get(name.lower())
    if documented is None:
        return _guess(section, name)
    record = _catalog()[section][documented]
    return MethodFacts(
        name=documented,
        kind=Kind(record["kind"]),
        scope=record.get("scope", ""),
        app_only=record.get("app_only", False),
        batchable=record.get("batchable", True),
        positional="positional" in record,
        list=_list_facts(record["list"]) if "list" in record else None,
        parameters=tuple(record.get("positional", ())),
        deprecated="deprecated" in record,
        replacement=tuple(record.get("deprecated", ())),
    )


def _list_facts(record: Mapping[str, Any]) -> ListFacts:
    id_field = record.get("id")
    filter_id = record.get("filter_id", id_field)
    select = _path(record.get("select"))
    needs = record.get("select_needs", [filter_id] if select and filter_id else [])
    return ListFacts(
        rows=_path(record.get("rows")),
        shape=record.get("shape", "records"),
        id_field=id_field,
        filter_id=filter_id,
        filter=_path(record.get("filter")),
        order=_path(record.get("order")),
        sort=_path(record.get("sort")),
        select=select,
        select_needs=tuple(needs),
        paging=Paging(record.get("paging", Paging.START)),
        page=tuple(tuple(name.split(".")) for name in record.get("page", ["start"])),
        page_size=record.get("size", 50),
        page_max=record.get("max"),
        keyset=record.get("keyset", False),
    )


def _path(text: str | None) -> Path | None:
    if text is None:
        return None
    return tuple(text.split(".")) if text else ()


_READ: Final = re.compile(
    "(list|fields|search|find|count|status|types|tail|current|info|aggregate)$"
    "|get|find|search|(list|is|can)[A-Z]"
)
_ADD: Final = re.compile(
    "add|create|register|send|subscribe|bind|upload|import|copy|attach|invite|notify"
)
_UPDATE: Final = re.compile("update|edit|rename|set(?!tle|up|tings)")
_DELETE: Final = re.compile("delete|remove|unregister|unbind|unset|unsubscribe")
_MORE: Final = re.compile(
    "add|create|send|register|start|import|merge|upload|reset|clear|save|move|delete|update"
)
_FILES: Final = re.compile("upload|download|batch$")
_CLASSIC_LIST: Final = ListFacts(filter=("filter",), order=("order",), select=("select",))
_V3_LIST: Final = ListFacts(
    rows=("items",),
    id_field="id",
    filter_id="id",
    filter=("filter",),
    order=("order",),
    select=("select",),
    select_needs=("id",),
    paging=Paging.PAGINATION,
    page=(("pagination",),),
)


def _guess(section: Section, name: str) -> MethodFacts:
    """Careful facts: a doubtful method is an ACTION, which is neither repeated nor merged."""
    last = name.rpartition(".")[2]
    kind = _guess_kind(last)
    is_list = kind is Kind.READ and last.lower().endswith("list")
    return MethodFacts(
        name=name,
        kind=kind,
        batchable=_FILES.search(name.lower()) is None,
        list=(_V3_LIST if section == "v3" else _CLASSIC_LIST) if is_list else None,
        documented=False,
    )


def _guess_kind(last: str) -> Kind:
    word = last.lower()
    if _READ.match(last) or _READ.match(word):
        return Kind.ACTION if _MORE.search(word) else Kind.READ
    if _ADD.match(word):
        return Kind.ADD
    for kind, verbs in ((Kind.UPDATE, _UPDATE), (Kind.DELETE, _DELETE)):
        if verb := verbs.match(word):
            return Kind.ACTION if _MORE.search(word, verb.end()) else kind
    return Kind.ACTION
