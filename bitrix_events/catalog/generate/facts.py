"""Facts about methods that the client needs at run time: ``generated/methods.json``.

What the catalogue does not say, or says wrongly, stands in the tables here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bitrix_events.catalog.generate.source import MADE_BY, Source
from bitrix_events.catalog.methods import Kind, Paging

TARGET: Final = Path("generated/methods.json")

Record = dict[str, Any]

# The catalogue derives kinds from names. Reads are repeated after a lost answer, changes and
# deletions are merged into batches; so whatever is not safe that way has to be told apart.
KIND_REPAIRS: Final = {
    "classic": {
        "event.offline.get": Kind.ACTION,  # deletes or reserves what it returns (protocol.md 8.3)
        "disk.file.getExternalLink": Kind.ACTION,  # publishes the file if it is not public yet
        "disk.folder.getExternalLink": Kind.ACTION,
        "crm.invoice.getexternallink": Kind.ACTION,  # publishes the invoice
        "salescenter.payment.getPublicUrl": Kind.ACTION,  # publishes the payment
        "imopenlines.session.open": Kind.ACTION,  # opens a chat
        "pull.application.config.get": Kind.ACTION,  # REOPEN=Y replaces the channel
        "biconnector.dataset.fields.update": Kind.ACTION,  # has an "add" part
        "catalog.price.modify": Kind.ACTION,  # creates the prices that come without id
        "calendar.event.update": Kind.ACTION,  # splits a series, by recurrence_mode
        "landing.block.removecard": Kind.ACTION,  # removes by position: the second time another one
    },
    "v3": {
        "humanresources.node.communication.edit": Kind.ACTION,  # createDefault makes chats
        "note.document.update": Kind.ACTION,  # adds to the text, depending on overwrite
        "mail.mailbox.senders": Kind.READ,
    },
}

# protocol.md 4.2 names three families; they share the parser CTaskRestService with these others.
POSITIONAL: Final = (
    *("task.checklistitem.", "task.commentitem.", "task.elapseditem."),
    *("task.comment.", "task.item.", "task.items.", "task.logitem.", "task.planner."),
)

# protocol.md 6.6: uploads and downloads are refused in a batch. Beyond those names, whatever has a
# parameter for the contents of a file is left alone; pictures among the fields of a record are not
# counted, or no contact could ever be merged.
FILE_METHODS: Final = re.compile(
    r"upload|download|\.(get|show)(file|image|pdf)$|userfield\.file\.get$"
)
FILE_PARAMETERS: Final = re.compile(r"((file|pdf|image)_?content|template_data|file)$", re.I)
FILE_CONTENTS_OTHERWISE: Final = {
    "task.item.addfile",
    "tasks.template.checklist.addAttachmentByContent",
}

# protocol.md 7.4, column "-1" = yes. "Few rows" and "mostly" are no: an offset works there, too.
KEYSET: Final = {
    *("crm.deal.list", "crm.lead.list", "crm.contact.list", "crm.company.list", "crm.quote.list"),
    *("crm.activity.list", "crm.item.list", "crm.item.productrow.list", "crm.stagehistory.list"),
    *("crm.timeline.comment.list", "crm.requisite.list", "crm.requisite.bankdetail.list"),
    *("crm.documentgenerator.document.list", "tasks.task.list", "user.get", "user.search"),
    *("lists.element.get", "entity.item.get", "socialnetwork.api.workgroup.list"),
    *("sonet_group.get", "disk.folder.getChildren", "disk.storage.getChildren"),
    *("voximplant.statistic.get", "event.offline.list"),
}
KEYSET_FAMILIES: Final = ("catalog.", "sale.")
"""Their lists of ``result.<plural>`` with a column ``id``."""
NOT_KEYSET: Final = {"sale.status.list"}
"""Its ids are letters."""

# protocol.md 7.4: no paging, whatever the article on list methods says about all of them.
WHOLE: Final = {"crm.status.list", "crm.currency.list", "crm.category.list", "calendar.event.get"}
WHOLE_FAMILY: Final = re.compile(r"crm\.\w+\.userfield\.list$")

# protocol.md 7.4, where it knows the id better than a sample in the documentation does.
IDS: Final = {"bizproc.task.list": "ID"}
FILTER_IDS: Final = {"tasks.task.list": "ID", "socialnetwork.api.workgroup.list": "ID"}
SELECT_NEEDS: Final = {
    name: ["id", "iblockId"]
    for name in (
        *("catalog.product.list", "catalog.product.offer.list"),
        *("catalog.product.service.list", "catalog.product.sku.list"),
    )
}

# Old pages without an answer: the methods are of the make of crm.product.list and
# task.elapseditem.getlist in protocol.md 7.4.
_OLD_CRM: Final = {
    "filter": "filter",
    "id": "ID",
    "order": "order",
    "rows": "",
    "select": "select",
}
UNDOCUMENTED_ROWS: Final = {
    "crm.catalog.list": _OLD_CRM,
    "crm.dealcategory.list": _OLD_CRM,
    "crm.dealcategory.stage.list": {"id": "STATUS_ID", "rows": ""},
    "crm.invoice.list": _OLD_CRM,
    "crm.invoice.recurring.list": _OLD_CRM,
    "crm.invoice.status.list": _OLD_CRM,
    "crm.invoice.userfield.list": {"id": "ID", "rows": ""},
    "crm.measure.list": _OLD_CRM,
    "crm.paysystem.list": _OLD_CRM,
    "crm.persontype.list": _OLD_CRM,
    "crm.product.list": _OLD_CRM,
    "crm.product.property.list": _OLD_CRM,
    "crm.productrow.list": _OLD_CRM,
    "crm.productsection.list": _OLD_CRM,
    "task.item.list": {"id": "ID", "rows": ""},
    "task.items.getlist": {"id": "ID", "rows": ""},
    "task.logitem.list": {"rows": ""},
}

PAGE_PARAMETERS: Final = {
    Paging.LIMIT_OFFSET: ("limit", "offset"),
    Paging.PAGE: ("page",),
    Paging.LAST_ID: ("limit", "last_id"),
    Paging.LIMIT: ("limit",),
    Paging.PAGINATION: ("pagination",),
    Paging.CURSOR: ("cursor",),
}
"""In lower case, as `Paging` describes them."""
NAV_PAGES: Final = {
    "task.elapseditem.getlist": [
        "PARAMS.NAV_PARAMS.nPageSize",
        "PARAMS.NAV_PARAMS.iNumPage",
    ],
    "task.item.list": ["PARAMS.nPageSize", "PARAMS.iNumPage"],
    "task.items.getlist": ["NAV_PARAMS.nPageSize", "NAV_PARAMS.iNumPage"],
}
STYLES: Final = {
    **dict.fromkeys(NAV_PAGES, Paging.NAV),
    # Its pageNavigation is what the portal makes of `start` by itself.
    "vote.AttachedVote.getAnswerVoted": Paging.START,
    # Queues: the offset is the id of an event, and drops the events before it.
    "im.v2.Event.get": Paging.LIMIT,
    "imbot.v2.Event.get": Paging.LIMIT,
}


def outputs(source: Source) -> dict[Path, str]:
    """The file, with one method on a line, sorted.

    Raises:
        ValueError: a table here names a method that the catalogue does not have.
    """
    classic, v3 = source.methods["classic"], source.methods["v3"]
    _check_tables(classic, v3)
    sections = [_section_text("classic", classic), _section_text("v3", v3)]
    lines = [f'"_":{_compact(MADE_BY)}', *sections]
    package = f'"""{MADE_BY}"""\n'
    return {
        TARGET: "{\n" + ",\n".join(lines) + "\n}\n",
        TARGET.with_name("__init__.py"): package,
    }


def _section_text(section: str, methods: Mapping[str, Record]) -> str:
    records = {name: _method(section, name, method) for name, method in methods.items()}
    for name, method in methods.items():
        records |= dict.fromkeys(method.get("aliases", ()), records[name])
    lines = (f"{_compact(name)}:{_compact(records[name])}" for name in sorted(records))
    return f"{_compact(section)}:{{\n" + ",\n".join(lines) + "\n}"


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def _method(section: str, name: str, method: Mapping[str, Any]) -> Record:
    record: Record = {"kind": KIND_REPAIRS[section].get(name, method["kind"])}
    if method["scope"]:
        record["scope"] = method["scope"]
    if method.get("app_only"):
        record["app_only"] = True
    if not method["batch"] or _carries_files(name, method["params"]):
        record["batchable"] = False
    if section == "classic" and name.startswith(POSITIONAL):
        record["positional"] = [parameter["name"] for parameter in method["params"]]
    if deprecated := method.get("deprecated"):
        record["deprecated"] = deprecated.get("by", []) if isinstance(deprecated, dict) else []
    if method["list"]:
        record["list"] = _list(section, name, method)
    return record


def _carries_files(name: str, parameters: Sequence[Record]) -> bool:
    return (
        FILE_METHODS.search(name.lower()) is not None
        or name in FILE_CONTENTS_OTHERWISE
        or any(FILE_PARAMETERS.match(path.rpartition(".")[2]) for path in _paths(parameters))
    )


def _paths(parameters: Sequence[Record], above: str = "") -> Iterator[str]:
    for parameter in parameters:
        path = above + parameter["name"]
        yield path
        yield from _paths(parameter.get("fields", ()), f"{path}.")


def _list(section: str, name: str, method: Mapping[str, Any]) -> Record:
    paths = list(_paths(method["params"]))
    found: Record = {
        "rows": method["rows"],
        "shape": shape if (shape := method.get("rows_shape")) != "records" else None,
        "id": IDS.get(name, method.get("id_field")),
        "filter": _find(paths, "filter"),
        "order": _find(paths, "order", "element_order", "iblock_order"),
        "select": _find(paths, "select"),
        "select_needs": SELECT_NEEDS.get(name),
    }
    if found["order"] is None:
        found["order"] = _find(paths, "sort")
    elif (sort := "SORT" if found["order"] == "ORDER" else "sort") in paths:
        found["sort"] = sort
    found |= UNDOCUMENTED_ROWS.get(name, {})
    found["filter_id"] = _filter_id(found, paths)
    found |= _paging(name, method["paging"], paths, rows_known=method["rows"] is not None)
    if section == "classic":
        found["filter_id"] = FILTER_IDS.get(name, found["filter_id"])
        found["keyset"] = _is_keyset(name, found) or None
    return {key: value for key, value in found.items() if value is not None}


def _find(paths: Sequence[str], *names: str) -> str | None:
    """A parameter by its name in lower case: at the top, or in one that is called params."""
    for name in names:
        for path in paths:
            if path.lower() in (name, f"params.{name}"):
                return path
    return None


def _filter_id(found: Record, paths: Sequence[str]) -> str | None:
    """``ID`` where rows have ``id`` and the documented keys of the filter are in upper case."""
    keys = {path for path in paths if path.startswith(f"{found['filter']}.")}
    is_upper = f"{found['filter']}.ID" in keys and f"{found['filter']}.id" not in keys
    return "ID" if found.get("id") == "id" and is_upper else None


def _paging(
    name: str, paging: Mapping[str, Any] | None, paths: Sequence[str], *, rows_known: bool
) -> Record:
    if name in WHOLE or WHOLE_FAMILY.match(name) or (paging is None and rows_known):
        return {"paging": Paging.WHOLE, "page": []}
    if paging is None:
        return {}
    style = STYLES.get(name) or Paging(paging["style"])
    if style is Paging.START:
        return {}
    page = NAV_PAGES.get(name) or [_find(paths, part) or part for part in PAGE_PARAMETERS[style]]
    size = paging.get("size")
    return {
        "paging": style,
        "page": page,
        "size": size if size != 50 else None,
        "max": paging.get("max"),
    }


def _is_keyset(name: str, found: Record) -> bool:
    if name in KEYSET:
        return True
    return (
        name.startswith(KEYSET_FAMILIES)
        and name.endswith(".list")
        and name not in NOT_KEYSET
        and bool(found["rows"])
        and found["id"] == "id"
        and found["filter"] is not None
        and found["order"] is not None
        and "paging" not in found
    )


def _check_tables(classic: Mapping[str, Record], v3: Mapping[str, Record]) -> None:
    named = {
        *(KIND_REPAIRS["classic"].keys() | KEYSET | NOT_KEYSET | WHOLE | IDS.keys()),
        *(FILTER_IDS.keys() | SELECT_NEEDS.keys() | UNDOCUMENTED_ROWS.keys() | STYLES.keys()),
        *FILE_CONTENTS_OTHERWISE,
    }
    unknown = sorted(named - classic.keys() | KIND_REPAIRS["v3"].keys() - v3.keys())
    if unknown:
        raise ValueError(f"not in the catalogue: {', '.join(unknown)}")
