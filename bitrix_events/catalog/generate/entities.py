"""Models of records, made from the tables of fields: ``generated/entities``.

Left out are fields that every portal has of its own: user fields, relations to types that a portal
made, properties of its catalogue. The catalogue gives patterns and samples of them.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bitrix_events.catalog.generate.entity_models import (
    BY_HAND,
    MODELS,
    MORE_FIELDS,
    NAMES,
    NESTED,
    OTHER_TYPES,
    TEXT_OF_ONE_LETTER,
    Model,
    Read,
)
from bitrix_events.catalog.generate.source import MADE_BY, Source
from bitrix_events.entities import base

_FOLDER: Final = Path("generated/entities")
_WIDTH: Final = 100
_BUILT_IN: Final = frozenset({"list", "dict", "int", "str", "float", "bool"})
"""Names that the types of fields are written with."""

_PORTALS_OWN: Final = re.compile(
    r".*\.\.\.$|.*_xxx$|.*_\*$|propertyN|property\d+|fieldN|PARENT_ID_\d+|parentId\d+"
    r"|UF_CRM_[0-9A-F]{9,}|UF_AUTO_\d+|UF_NEW_TASKS_FIELD"
)

_TYPES: Final[Mapping[str, str]] = (
    dict.fromkeys(("string", "text", "char", "enum", "crm_status", "crm_currency"), "str")
    | dict.fromkeys(("location", "catalog_measure.code"), "str")
    | dict.fromkeys(("integer", "user", "crm_company", "crm_contact", "crm_lead"), "int")
    | dict.fromkeys(("crm_deal", "crm_quote", "crm_category", "crm_entity"), "int")
    | dict.fromkeys(("crm_dynamic_type", "crm_enum_ownertype", "crm_enum_contenttype"), "int")
    | dict.fromkeys(("crm_enum_activitytype", "crm_enum_activitystatus"), "int")
    | dict.fromkeys(("crm_enum_activitypriority", "crm_enum_activitynotifytype"), "int")
    | dict.fromkeys(("crm_enum_activitydirection",), "int")
    | dict.fromkeys(("datetime", "datetime|date", "datetime|null"), "Moment")
    | dict.fromkeys(("any", "crm", "file", "product_file", "disk_file", "mail_message"), "Any")
    | dict.fromkeys(("object|array", "crm_userfield"), "Any")
    | dict.fromkeys(("attached_diskfile", "crm_status_extra", "recurring_params"), "Any")
    | dict.fromkeys(("productproperty",), "Any")
    | {"double": "float", "boolean": "bool", "date": "Day", "array": "list[Any]"}
    | {"object": "dict[str, Any]", "integer|string": "int | str", "crm_multifield": "Multifield"}
)
_DEFAULTS: Final[Mapping[str, str]] = {
    "str": '""',
    "int": "0",
    "float": "0.0",
    "bool": "False",
    "int | str": "0",
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a model.

    Attributes:
        name: of the attribute.
        type: as it is written in Python.
        spelling: how the catalogue writes the name.
    """

    name: str
    type: str
    spelling: str

    def line(self) -> str:
        if self.name == "id":
            return f"    id: {self.type}"
        return f"    {self.name}: {self.type} = {self._default()}"

    def _default(self) -> str:
        if self.type.startswith(("list[", "dict[")):
            return f"Field(default_factory={self.type.partition('[')[0]})"
        return _DEFAULTS.get(self.type, "None")


def outputs(source: Source) -> dict[Path, str]:
    """The modules with the models, their index, and the stub of ``bitrix_events.entities``.

    Raises:
        ValueError: the tables and the catalogue do not fit together.
    """
    entities = source.fields["entities"]
    if odd := set(entities) ^ set(NAMES):
        raise ValueError(f"no model for, or no entity: {', '.join(sorted(odd))}")
    _check_readings(source.methods["classic"], source.methods["v3"])
    files = {
        _FOLDER / f"{module}.py": _module(models, entities) for module, models in MODELS.items()
    }
    return files | {
        _FOLDER / "__init__.py": f"# {MADE_BY}\n",
        _FOLDER / "index.py": _index(),
        Path("entities/__init__.pyi"): _stub(),
    }


def is_portals_own(spelling: str) -> bool:
    """Whether a field of the catalogue is a pattern or a sample of what portals have of their
    own."""
    return _PORTALS_OWN.fullmatch(spelling) is not None


def snake_case(spelling: str) -> str:
    """``STAGE_ID``, ``stageId`` and ``~DESCRIPTION`` as attributes: ``stage_id``,
    ``raw_description``."""
    name = spelling.replace("~", "raw_")
    if not spelling.isupper():
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    name = name.lower()
    return f"{name}_" if keyword.iskeyword(name) or name in _BUILT_IN else name


def fields_of(model: Model, entities: Mapping[str, Any]) -> list[Field]:
    """The fields of a model, its id first; without those that its base has."""
    bases = getattr(base, model.base)
    inherited = set(bases.model_fields)
    if model.base != "Entity":
        inherited.add("entity_type_id")
    synonyms = {plain(other): name for other, name in bases.also_called.items()}
    found: dict[str, Field] = {}
    for entity in model.entities.split("|"):
        for spelling, type_ in _typed_fields(entity, entities[entity]["fields"]):
            name = synonyms.get(plain(spelling), snake_case(spelling))
            field = Field(name, type_, spelling)
            if name in inherited or is_portals_own(spelling):
                continue
            if hasattr(base.Entity, name):
                raise ValueError(f"{model.name}.{name} is a name that every model has")
            known = found.setdefault(plain(name), field)
            if known.type == "Any" and type_ != "Any":
                found[plain(name)] = Field(known.name, type_, known.spelling)
    return sorted(found.values(), key=lambda field: field.name != "id")


def plain(spelling: str) -> str:
    """What the spellings of a name have in common, as the models compare them."""
    return base.plain_name(spelling)


def python_type(entity: str, field: Mapping[str, Any]) -> str:
    """The Python type of a field of the catalogue."""
    key = (entity, field["name"])
    vendor = OTHER_TYPES.get(key) or field.get("type") or "any"
    if vendor.endswith("{}"):
        return f"dict[str, {_one_type(vendor.removesuffix('{}'))}]"
    one = "bool" if _is_flag(key, field) else _one_type(vendor.removesuffix("[]"))
    is_multiple = key not in OTHER_TYPES and field.get("multiple")
    if is_multiple or vendor.endswith("[]") or vendor == "crm_multifield":
        return f"list[{one}]"
    return f"{one} | None" if one in NESTED.values() else one


def _one_type(vendor: str) -> str:
    if vendor.endswith(".id"):
        return "int"
    return NESTED.get(vendor) or _TYPES[vendor]


def _is_flag(key: tuple[str, str], field: Mapping[str, Any]) -> bool:
    if key in OTHER_TYPES:
        return False
    if values := field.get("values"):
        return set(values) == {"Y", "N"}
    return field.get("type") == "char" and key not in TEXT_OF_ONE_LETTER


def _typed_fields(entity: str, fields: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for field in fields:
        yield field["name"], python_type(entity, field)
    for name, vendor in MORE_FIELDS.get(entity, {}).items():
        yield name, python_type(entity, {"name": name, "type": vendor})


# Text.


def _module(models: tuple[Model, ...], entities: Mapping[str, Any]) -> str:
    classes = [_class(model, entities) for model in models]
    body = "\n\n\n".join(classes)
    words = set(re.findall(r"[A-Za-z_]+", body))
    from_typing = ", ".join([*sorted(words & {"Any"}), "ClassVar"])
    from_base = _import(
        "bitrix_events.entities.base",
        words & {"CrmItem", "CrmParty", "Day", "Entity", "Moment", "Multifield"},
    )
    lines = [f"# {MADE_BY}", "", "from __future__ import annotations", ""]
    collections = ["from collections.abc import Mapping"] if "Mapping" in words else []
    lines += [*collections, f"from typing import {from_typing}", ""]
    if "Field" in words:
        lines += ["from pydantic import Field", ""]
    lines.append(from_base)
    if "Reading" in words:
        lines.append("from bitrix_events.entities.reading import Reading")
    return "\n".join([*lines, "", "", body, ""])


def _class(model: Model, entities: Mapping[str, Any]) -> str:
    names = [f"``{entity}``" for entity in model.entities.split("|")]
    lines = [f"class {model.name}({model.base}):"]
    lines += [f'    """Catalogue: {" and ".join(names)}."""', ""]
    kind = model.kind or model.entities.split("|")[0].removeprefix("crm.")
    lines.append(f'    kind: ClassVar[str] = "{kind}"')
    if model.entity_type_id:
        lines.append(f"    entity_type_id: ClassVar[int] = {model.entity_type_id}")
    if model.read is not None:
        lines.append(_reading(model.read))
    fields = fields_of(model, entities)
    raw = {field.spelling: field.name for field in fields if field.spelling.startswith("~")}
    if raw:
        lines.append("    also_called: ClassVar[Mapping[str, str]] = {")
        lines += [f'        "{spelling}": "{name}",' for spelling, name in sorted(raw.items())]
        lines.append("    }")
    lines.append("")
    return "\n".join([*lines, *(field.line() for field in fields)])


def _reading(read: Read) -> str:
    id_at = tuple(read.id.split("."))
    arguments = [f'"{read.method}"']
    if id_at != ("id",):
        arguments.append(f"id_at={_tuple(id_at)}")
    if read.at:
        arguments.append(f'record_at="{read.at}"')
    if read.is_list:
        arguments.append("is_list=True")
    if read.needs:
        arguments.append(f"needs={_tuple(read.needs)}")
    if read.select:
        names = ", ".join(f'"{name}"' for name in read.select)
        arguments.append(f'fixed={{"select": [{names}]}}')
    if read.is_v3:
        arguments.append("is_v3=True")
    start = "    reading: ClassVar[Reading | None] = Reading("
    inside = ", ".join(arguments)
    if len(start) + len(inside) < _WIDTH:
        return f"{start}{inside})"
    if len(inside) + 8 <= _WIDTH:
        return f"{start}\n        {inside}\n    )"
    return "\n".join([start, *(f"        {argument}," for argument in arguments), "    )"])


def _tuple(values: tuple[str, ...]) -> str:
    inside = ", ".join(f'"{value}"' for value in values)
    return f"({inside},)" if len(values) == 1 else f"({inside})"


def _import(module: str, names: Iterable[str]) -> str:
    """The import of some names, as the formatter writes it."""
    listed = sorted(names)
    line = f"from {module} import {', '.join(listed)}"
    if len(line) <= _WIDTH:
        return line
    return "\n".join([f"from {module} import (", *(f"    {name}," for name in listed), ")"])


def _text(*lines: str) -> str:
    return "\n".join([f"# {MADE_BY}", "", *lines, ""])


def _index() -> str:
    modules = {model.name: module for module, models in MODELS.items() for model in models}
    lines = [f'    "{name}": "{module}",' for name, module in sorted(modules.items())]
    return _text(
        "from __future__ import annotations",
        "",
        "from typing import Final",
        "",
        "MODULES: Final[dict[str, str]] = {",
        *lines,
        "}",
        '"""The module of each model."""',
    )


def _stub() -> str:
    by_hand = {"CrmItem", "CrmParty", "Day", "Entity", "Moment", "Money", *BY_HAND.values()}
    modules = {module: {model.name for model in models} for module, models in MODELS.items()}
    return _text(
        "# ruff: noqa: I001 - what is imported under its own name is exported",
        "",
        "from collections.abc import Mapping",
        "",
        _export("bitrix_events.entities.base", by_hand),
        _export("bitrix_events.entities.reading", {"Reading"}),
        *(
            _export(f"bitrix_events.generated.entities.{module}", modules[module])
            for module in sorted(modules)
        ),
        "",
        "def names() -> Mapping[str, str]: ...",
    )


def _export(module: str, names: Iterable[str]) -> str:
    lines = [f"    {name} as {name}," for name in sorted(names)]
    return "\n".join([f"from {module} import (", *lines, ")"])


def _check_readings(classic: Mapping[str, Any], v3: Mapping[str, Any]) -> None:
    """Every reading is a documented method, which gets all that it requires."""
    for read in (model.read for models in MODELS.values() for model in models):
        if read is None:
            continue
        method = (v3 if read.is_v3 else classic).get(read.method)
        if method is None:
            raise ValueError(f"{read.method} is not documented")
        given = {read.id.partition(".")[0], *read.needs}
        required = {p["name"] for p in method["params"] if p.get("required") is True}
        if not required <= given:
            raise ValueError(f"{read.method} requires {', '.join(sorted(required - given))}")
