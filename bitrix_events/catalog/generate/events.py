"""Makes the event classes: one module for each scope, the table of their names, and the stub of
`bitrix_events.events`.

What the catalogue does not say, or not as it is needed here, stands in the tables of this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bitrix_events.catalog.generate.entity_models import MODELS
from bitrix_events.catalog.generate.shapes import Shape, Shapes
from bitrix_events.catalog.generate.source import MADE_BY, Source
from bitrix_events.events import lifecycle
from bitrix_events.events.base import Kind

Record = dict[str, Any]

FOLDER: Final = Path("generated/events")
PACKAGE: Final = "bitrix_events.generated.events"
LENGTH: Final = 100
IN_STRINGS: Final = "  # noqa: F401, the classes below name them in strings"

WORDS: Final = re.compile(
    "ON|IM|BOT|V2|MESSAGE|COMMAND|CONTEXT|REACTION|JOIN|CHAT|CHANGE|ADD|UPDATE|DELETE|GET"
)
"""Words of the names that the documentation writes in capitals."""

SCOPES: Final = {"basic": "", "sonet": "sonet_group"}
"""``basic`` is no scope that anybody has to grant; protocol.md 1.8 names the one of groups."""

ADDED: Final = {"add"}
DELETED: Final = {"delete"}
SAID: Final = {"init", "end"}
"""A call begins once, and ends once. It may start several times: when it is handed on."""
CHANGED: Final = {"update", "save", "setenumvalues", "setstatus"}
CLICKED: Final = {"ONEXTERNALCALLSTART"}
"""Facts, too: each click on a number makes a call of its own."""
NEITHER: Final = {
    # People choose the codes of currencies: one may go and come back.
    *("ONCRMCURRENCYADD", "ONCRMCURRENCYDELETE"),
    # A task comes back from the recycle bin under its number.
    "ONTASKDELETE",
    # What is about to happen may fail, and be tried again.
    "ONSALEBEFOREORDERDELETE",
    # Its ACTION tells an added order from a changed one.
    "ONSALEORDERSAVED",
    # A button of a message may be pressed again and again.
    *("ONIMBOTV2COMMANDADD", "ONIMCOMMANDADD"),
    # Each user who follows a chat is told, and the data does not say who is.
    *("ONIMV2MESSAGEADD", "ONIMV2MESSAGEDELETE"),
    # They carry what was written.
    *("ONIMBOTMESSAGEUPDATE", "ONIMBOTV2MESSAGEUPDATE", "ONIMV2MESSAGEUPDATE"),
    *("ONIMCONNECTORMESSAGEUPDATE", "ONOPENLINEMESSAGEUPDATE"),
}
"""A fact is told once in 24 hours, which is wrong where the same may happen to the same record
again. A state may take the place of one that waits, which is wrong where it carries more than ids.
These are always run, and so is whatever else was not added, deleted, said or changed."""

TOLD_APART_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "ONIMBOTMESSAGEADD": ("BOT{}",),  # each bot of a chat is told of the message
    "ONIMBOTMESSAGEDELETE": ("BOT{}",),
    "ONIMBOTV2MESSAGEADD": ("bot.id",),
    "ONIMBOTV2MESSAGEDELETE": ("bot.id",),
    "ONIMCONNECTORMESSAGEADD": ("CONNECTOR", "LINE"),
    "ONIMCONNECTORMESSAGEDELETE": ("CONNECTOR", "LINE"),
    "ONOPENLINEMESSAGEDELETE": ("CONNECTOR", "LINE", "DATA[].im.message_id"),
    "ONTASKCOMMENTADD": ("FIELDS_AFTER.TASK_ID", "FIELDS_AFTER.MESSAGE_ID"),
}
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    # The id is that of the registered command, and one lane for all its calls would be one queue.
    "ONIMBOTV2COMMANDADD": ("message.id",),
}
NUMBERED: Final = {"calendar"}
"""Scopes whose ids are numbers although they are documented as texts."""
IN_FIELDS: Final = {"ID", "FIELDS.ID"}
"""Documented in both ways, here and there; the base classes look in both places."""
OTHER_PLACES: Final = {
    "FIELDS.POST_ID": ("FIELDS.POST_ID", "POST_ID"),
    "FIELDS_AFTER.ID": ("FIELDS_AFTER.ID", "FIELDS_BEFORE.ID"),
    "FIELDS_BEFORE.ID": ("FIELDS_BEFORE.ID", "FIELDS_AFTER.ID"),
}

REPLACED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    **{f"ONCRMMEASURE{what}": (f"CATALOG.MEASURE.ON.{what}",) for what in ("ADD", "UPDATE")},
    "ONCRMMEASUREDELETE": ("CATALOG.MEASURE.ON.DELETE",),
    **{f"ONCRMINVOICE{what}": (f"ONCRMDYNAMICITEM{what}_31",) for what in ("ADD", "UPDATE")},
    "ONCRMINVOICEDELETE": ("ONCRMDYNAMICITEMDELETE_31",),
}
"""The methods of measures and of invoices say what came in their place; the events do not."""

READABLE: Final = {
    entity: model.name
    for models in MODELS.values()
    for model in models
    if model.base != "Entity" or (model.read is not None and not model.read.needs)
    for entity in model.entities.split("|")
}
"""Class of the records that can be read by their id alone, by the catalogue's name for them."""

ITEMS: Final = {"Item", "SmartInvoice"}
"""Classes of the records that an `ItemEvent` is about."""

SOMETIMES: Final = "PARAMS"
ALWAYS: Final = {"MESSAGE", "MESSAGE_ID", "DIALOG_ID", "FROM_USER_ID", "CHAT_TYPE", "LANGUAGE"}
"""Of ``PARAMS`` of a bot these always come; the others depend on the chat. protocol.md 1.8."""

HAND_WRITTEN: Final = frozenset(
    name for name, value in vars(lifecycle).items() if name.startswith("On")
)

EAGER: Final = {
    "bitrix_events.entities.base": ("Entity",),
    "bitrix_events.events.base": (
        *("BundleEvent", "EntityEvent", "Event", "ItemEvent", "Kind", "NamedEvent"),
        *("NumberedEvent", "RecordEvent"),
    ),
    "bitrix_events.events.lifecycle": ("LifecycleEvent", *sorted(HAND_WRITTEN)),
    "bitrix_events.events.registry": ("event_class", "needed_codes"),
}
"""What `bitrix_events.events` imports at once."""


@dataclass(frozen=True, slots=True)
class EventFacts:
    """What is to be written of an event."""

    code: str
    name: str
    scope: str
    base: str
    entity: str
    kind: Kind
    is_gone: bool
    id_path: str | None
    key_paths: tuple[str, ...]
    told_apart_by: tuple[str, ...]
    in_webhooks: bool
    is_deprecated: bool
    replaced_by: tuple[str, ...]
    data: Shape


def outputs(source: Source) -> dict[Path, str]:
    """The modules with event classes, the table of their names, and the stub for editors."""
    events = [_read(record) for record in source.events["events"]]
    modules = {event.scope: module_of(event.scope) for event in events}
    files = {
        FOLDER / f"{module}.py": _module([e for e in events if e.scope == scope])
        for scope, module in modules.items()
    }
    made = [event for event in events if event.name not in HAND_WRITTEN]
    files[FOLDER / "__init__.py"] = _table(made)
    files[Path("events/__init__.pyi")] = _stub(made)
    return files


def module_of(scope: str) -> str:
    """``humanresources.hcmlink`` to ``humanresources_hcmlink``."""
    return scope.replace(".", "_") or "basic"


def class_name(name: str) -> str:
    """``onCrmDealAdd`` to ``OnCrmDealAdd``, ``CATALOG.PRICE.ON.ADD`` to ``CatalogPriceOnAdd``.

    Raises:
        ValueError: a name in capitals has words that `WORDS` lacks.
    """
    if "." in name:
        return "".join(part.capitalize() for part in name.split("."))
    if not name.isupper():
        return name[0].upper() + name[1:]
    words = WORDS.findall(name)
    if "".join(words) != name:
        raise ValueError(f"{name}: its words are not known")
    return "".join(word.capitalize() for word in words)


def kind_of(record: Record) -> Kind:
    """What a repeat of the event means."""
    code, action = record["code"], record["action"]
    if code in NEITHER:
        return Kind.OTHER
    has_id = record["id_path"] is not None
    if has_id and (action in ADDED | DELETED | SAID or code in CLICKED):
        return Kind.FACT
    return Kind.STATE if action in CHANGED else Kind.OTHER


def _read(record: Record) -> EventFacts:
    code, deprecated = record["code"], record.get("deprecated")
    scope: str = record["scope"]
    by = deprecated.get("by", ()) if isinstance(deprecated, dict) else ()
    return EventFacts(
        code=code,
        name=class_name(record["name"]),
        scope=SCOPES.get(scope, scope),
        base=_base(record),
        entity=record["entity"].removeprefix("crm."),
        kind=kind_of(record),
        is_gone=record["action"] in DELETED,
        id_path=record["id_path"],
        key_paths=KEYS.get(code, tuple(record.get("id_paths", ()))),
        told_apart_by=TOLD_APART_BY.get(code, ()),
        in_webhooks=record["webhook"] is not False,
        is_deprecated=bool(deprecated),
        replaced_by=tuple(by) or REPLACED_BY.get(code, ()),
        data=_sometimes(record["data"]),
    )


def _base(record: Record) -> str:
    """The class that it derives from, by what its id is like."""
    path = record["id_path"]
    if path is None:
        return "Event"
    if "[]" in path:
        return "BundleEvent"
    is_number = record["scope"] in NUMBERED or _leaf(record["data"], path) != "string"
    if not is_number:
        return "NamedEvent"
    if "variant" in record:
        return "ItemEvent"
    model = READABLE.get(record["entity"])
    return "NumberedEvent" if model is None else f'EntityEvent["{model}"]'


def _leaf(shape: Shape, path: str) -> Shape:
    for name in filter(None, path.split(".")):
        shape = shape[name]
    return shape


def _sometimes(data: Shape) -> Shape:
    """The shape with what a bot is not always told marked as such."""
    if not isinstance(data, dict) or SOMETIMES not in data:
        return data
    parts = {
        name: kind if name in ALWAYS or isinstance(kind, dict) else f"{kind}|null"
        for name, kind in data[SOMETIMES].items()
    }
    return {**data, SOMETIMES: parts}


def _module(events: Sequence[EventFacts]) -> str:
    """The module of one scope."""
    scope = events[0].scope
    shapes = Shapes("".join(map(str.capitalize, re.split(r"[._]", module_of(scope)))))
    for event in events:
        shapes.add(event.name, event.data)
    types = {event.name: shapes.type_of(event.data, is_whole=True) for event in events}
    classes = [_class_text(e, types[e.name]) for e in events if e.name not in HAND_WRITTEN]
    body = "\n\n\n".join([*shapes.classes, *classes])
    what = f"of the scope ``{scope}``" if scope else "for which no scope is needed"
    head = [f"# {MADE_BY}", f'"""Events {what}."""', "", "from __future__ import annotations", ""]
    return "\n".join([*head, *_imports(body), "", "", body, ""])


def _imports(body: str) -> Iterator[str]:
    typing = ["Any", "Literal", "NotRequired", "TYPE_CHECKING", "TypedDict"]
    bases = ["BundleEvent", "EntityEvent", "Event", "ItemEvent", "Kind", "NamedEvent"]
    models = sorted(set(re.findall(r'Event\["(\w+)"\]', body)))
    is_used = {"TYPE_CHECKING": bool(models)}
    used = [name for name in typing if is_used.get(name, re.search(rf"\b{name}\b", body))]
    if used:
        yield f"from typing import {', '.join(sorted(used, key=lambda n: (not n.isupper(), n)))}"
        yield ""
    used = [name for name in (*bases, "NumberedEvent") if re.search(rf"\b{name}\b[\[)(.]", body)]
    if used:
        yield from _import("bitrix_events.events.base", used)
    if models:
        yield from ("", "if TYPE_CHECKING:")
        lines = _import("bitrix_events.entities", models, note=IN_STRINGS)
        yield from (f"    {line}" for line in lines)


def _import(module: str, names: Sequence[str], *, note: str = "") -> Iterator[str]:
    """An import as ruff formats it; the note follows its first line."""
    line = f"from {module} import {', '.join(names)}"
    if len(line) + len(note) + (4 if note else 0) <= LENGTH:
        yield line + note
    else:
        yield f"from {module} import ({note}"
        for name in names:
            too_long = len(f"    {name},") > LENGTH
            yield f"    {name}," + ("  # noqa: E501" if too_long else "")
        yield ")"


def _class_text(event: EventFacts, data: str) -> str:
    lines = [f"class {event.name}({event.base}):", f'    """{_doc(event)}"""', ""]
    given = [f"    {name} = {_literal(value)}" for name, value in _values(event)]
    return "\n".join([*lines, *given, *([""] if given else []), f"    data: {data}"])


def _values(event: EventFacts) -> Iterator[tuple[str, object]]:
    """The attributes of the class that differ from those of its base."""
    if event.name.upper() != event.code:
        yield "CODE", event.code
    if event.scope:
        yield "scope", event.scope
    if event.kind is not Kind.OTHER:
        yield "kind", event.kind
    if event.id_path is not None or event.key_paths:
        yield "entity_name", event.entity
    if event.is_gone:
        yield "entity_is_gone", True
    if event.base == "BundleEvent":
        yield "ids_path", event.id_path
    elif event.id_path is not None and event.id_path not in IN_FIELDS:
        yield "id_paths", OTHER_PLACES.get(event.id_path, (event.id_path,))
    if event.key_paths:
        yield "key_paths", event.key_paths
    if event.told_apart_by:
        yield "told_apart_by", event.told_apart_by
    if not event.in_webhooks:
        yield "in_webhooks", False
    if event.is_deprecated:
        yield "is_deprecated", True
    if event.replaced_by:
        yield "replaced_by", event.replaced_by


def _doc(event: EventFacts) -> str:
    if event.id_path == "":
        where = "The data is the id."
    elif event.id_path is not None:
        where = f"Id in ``{event.id_path}``."
    elif event.key_paths:
        where = f"About ``{'``, ``'.join(path.rpartition('.')[2] for path in event.key_paths)}``."
    else:
        where = "Without an id."
    if event.replaced_by:
        return f"{where} Deprecated, in favour of {' and '.join(event.replaced_by)}."
    return f"{where} Deprecated." if event.is_deprecated else where


def _literal(value: object) -> str:
    if isinstance(value, Kind):
        return f"Kind.{value.name}"
    if isinstance(value, tuple):
        inside = ", ".join(map(_literal, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _table(events: Sequence[EventFacts]) -> str:
    """Names and codes, without the classes."""
    modules = {event.name: module_of(event.scope) for event in events}
    codes = {event.code: event.name for event in events if event.code != event.name.upper()}
    return "\n".join(
        [
            f"# {MADE_BY}",
            '"""The documented events; their classes are in the modules of this folder."""',
            "",
            "from __future__ import annotations",
            "",
            "from collections.abc import Mapping",
            "from typing import Final",
            "",
            *_mapping("MODULES", modules, "Module by class. The code is the name in upper case,"),
            "",
            *_mapping("CODES", codes, "unless it is here: class by code."),
            "",
            "MODELS: Final = frozenset(",
            "    {",
            *(f'        "{name}",' for name in sorted(_models(events))),
            "    }",
            ")",
            '"""Classes of the records that the events are about."""',
            "",
        ]
    )


def _mapping(name: str, values: Mapping[str, str], doc: str) -> Iterator[str]:
    yield f"{name}: Final[Mapping[str, str]] = {{"
    yield from (f'    "{key}": "{values[key]}",' for key in sorted(values))
    yield "}"
    yield f'"""{doc}"""'


def _models(events: Sequence[EventFacts]) -> set[str]:
    return ITEMS | {name for event in events for name in re.findall(r'\["(\w+)"\]', event.base)}


def _stub(events: Sequence[EventFacts]) -> str:
    """What editors and type checkers see in `bitrix_events.events`."""
    names: dict[str, list[str]] = {module: list(eager) for module, eager in EAGER.items()}
    names["bitrix_events.entities"] = sorted(_models(events))
    for event in events:
        module = f"{PACKAGE}.{module_of(event.scope)}"
        names.setdefault(module, []).append(event.name)
    lines = [f"# {MADE_BY}", "# ruff: noqa: I001", "from __future__ import annotations", ""]
    for module in sorted(names):
        lines += _import(module, [f"{name} as {name}" for name in sorted(names[module])])
    return "\n".join([*lines, ""])
