"""Type stubs of the method paths: ``client.crm.deal.get(id=7)``.

One class for each namespace, one file for each first part of the names; where a first part has many
methods it is a folder, with one file for each second part. The files are read by type checkers and
editors only.

The classes are generic in what a call gives, because `Client` and `SyncClient` share them: `C` is
a plain call, `R` a list of records, `V` a list of other values.
"""

from __future__ import annotations

import ast
import json
import keyword
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bitrix_events.catalog.generate.parameters import Parameter, Within, is_open, parameters_of
from bitrix_events.catalog.generate.source import MADE_BY, Source

FOLDER_FROM: Final = 40
"""So many methods make a folder of a first part."""
WIDTH: Final = 100

ROOTS: Final = {"classic": ("methods", "Methods"), "v3": ("v3", "V3Methods")}
"""Folder and class of each section."""

TAKEN: Final = {"classic": {"batch"}, "v3": {"batch", "call"}}
"""First parts that are something else on a client; they get an underscore."""

TYPES: Final = {
    "integer": ("int",),
    "user": ("int",),
    "string": ("str",),
    "text": ("str",),
    "char": ("str",),
    "enum": ("str",),
    "boolean": ("bool",),
    "double": ("float", "Decimal"),
    "date": ("date", "str"),
    "datetime": ("datetime", "date", "str"),
    "object": ("Mapping[str, Any]",),
    "array": ("Array",),
    "file": ("Upload",),
    "any": ("Any",),
    "null": ("None",),
    "section": ("Mapping[str, Any]",),
    "LayoutDto": ("Mapping[str, Any]",),
    "RestAppLayoutDto": ("Mapping[str, Any]",),
}
"""What a documented type is in Python; alternatives are joined."""

IDS: Final = {".id": ("int",), ".ID": ("int", "str"), ".CODE": ("str",)}
"""Types that name a field of another object, ``sale_order.id``, by their ending. The objects whose
key is ``ID`` document it as text that holds a number."""
OTHER_IDS: Final = {
    "crm_currency.CURRENCY": ("str",),
    "sale_paysystem.ACTION_FILE": ("str",),
    "sale_status.id": ("str",),
}

_IMPORTS: Final = {
    "Mapping": "collections.abc",
    "Sequence": "collections.abc",
    "date": "datetime",
    "datetime": "datetime",
    "Decimal": "decimal",
    "Any": "typing",
    "Generic": "typing",
    "Literal": "typing",
    "deprecated": "typing_extensions",
}
_SHARED: Final = ("Array", "C", "Order", "R", "Upload", "V")
_SHARED_MODULE: Final = "bitrix_events.generated.methods.shared"

_SHARED_TEXT: Final = f'''\
# {MADE_BY}
"""What the stubs of the methods share."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypeVar

from bitrix_events.rest.parameters import File

C = TypeVar("C")
"""What a call gives."""

R = TypeVar("R")
"""What a call gives whose rows are objects."""

V = TypeVar("V")
"""What a call gives whose rows are other values."""

Array: TypeAlias = Sequence[Any] | Mapping[str, Any]
"""What PHP calls an array."""

Order: TypeAlias = Mapping[str, Literal["ASC", "DESC", "asc", "desc"]]
"""Names of fields to the direction of each."""

Upload: TypeAlias = File | Sequence[str] | Mapping[str, Any] | str
"""A file: `File` is sent in the form that most methods take."""
'''


@dataclass(slots=True)
class Namespace:
    """A part of the names, with what is below it.

    Attributes:
        name: from the first part on; ``""`` is the root.
        methods: last part to method, for those without parts below them.
        itself: the method that has the very name of this namespace.
    """

    name: str
    methods: dict[str, Method] = field(default_factory=dict)
    spaces: dict[str, Namespace] = field(default_factory=dict)
    itself: Method | None = None

    @property
    def class_name(self) -> str:
        """``CrmDealContact``"""
        words = self.name.replace("_", ".").split(".")
        return "".join(word[:1].upper() + word[1:] for word in words)

    def count(self) -> int:
        """Methods here and below."""
        below = sum(space.count() for space in self.spaces.values())
        return len(self.methods) + below + (self.itself is not None)


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the catalogue, as its stub needs it."""

    name: str
    record: Mapping[str, Any]
    section: str


def outputs(source: Source) -> dict[Path, str]:
    """The stubs of both sections."""
    files = {Path("generated/methods/shared.pyi"): _SHARED_TEXT}
    for section, (folder, root) in ROOTS.items():
        tree = _tree(section, source.methods[section])
        files |= _files(Path("generated") / folder, section, tree, root)
    return files


def _tree(section: str, methods: Mapping[str, Mapping[str, Any]]) -> Namespace:
    root = Namespace("")
    named = {
        spelling: Method(spelling, record, section)
        for name, record in methods.items()
        for spelling in (name, *record.get("aliases", ()))
    }
    for name in sorted(named):
        here = root
        for part in name.split(".")[:-1]:
            here = here.spaces.setdefault(part, Namespace(f"{here.name}.{part}".lstrip(".")))
        here.methods[name.rpartition(".")[2]] = named[name]
    _settle(root)
    return root


def _settle(space: Namespace) -> None:
    """Methods that are namespaces, too, move into these."""
    for part, below in space.spaces.items():
        below.itself = space.methods.pop(part, None)
        _settle(below)


def _files(folder: Path, section: str, root: Namespace, class_name: str) -> dict[Path, str]:
    package = f"bitrix_events.generated.{folder.name}"
    files = {}
    for part, space in root.spaces.items():
        if space.count() < FOLDER_FROM:
            files[folder / f"{part}.pyi"] = _file(_classes(space))
            continue
        files[folder / part / "__init__.pyi"] = _file([_class(space)], _homes(package, space))
        for name, below in space.spaces.items():
            files[folder / part / f"{name}.pyi"] = _file(_classes(below))
    root_class = _class(root, class_name, TAKEN[section])
    files[folder / "__init__.pyi"] = _file([root_class], _homes(package, root))
    return files


def _homes(package: str, space: Namespace) -> dict[str, str]:
    """Classes of the namespaces below, and the modules where they are."""
    return {below.class_name: f"{package}.{below.name}" for below in space.spaces.values()}


def _file(classes: Iterable[str], homes: Mapping[str, str] = MappingProxyType({})) -> str:
    body = "\n\n".join(classes)
    _check_scopes(body)
    modules = {**_IMPORTS, **dict.fromkeys(_SHARED, _SHARED_MODULE), **homes}
    wanted: dict[str, list[str]] = {}
    for name in _names(ast.parse(body)):
        if name in modules:
            wanted.setdefault(modules[name], []).append(name)
    blocks: list[list[str]] = [[], [], []]
    for module, names in sorted(wanted.items(), key=lambda item: item[0].lower()):
        block = 2 if module.startswith("bitrix_events") else module == "typing_extensions"
        blocks[block].append(_import(module, sorted(names)))
    imports = "\n\n".join("\n".join(block) for block in blocks if block)
    return f"# {MADE_BY}\n\n{imports}\n\n{body}\n"


def _import(module: str, names: Sequence[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return line
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"


def _names(tree: ast.AST) -> set[str]:
    """Names that are read: in annotations, decorators and bases."""
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return {node.id for node in nodes if isinstance(node.ctx, ast.Load)}


def _check_scopes(body: str) -> None:
    """Raise ValueError if something in a class hides the name of a type that is used there."""
    for scope in ast.parse(body).body:
        assert isinstance(scope, ast.ClassDef)
        defined = {
            node.name if isinstance(node, ast.FunctionDef) else ast.unparse(node.target)
            for node in scope.body
            if isinstance(node, ast.FunctionDef | ast.AnnAssign)
        }
        if hidden := defined & _names(scope):
            raise ValueError(f"{scope.name} hides the types {', '.join(sorted(hidden))}")


# Classes.


def _classes(space: Namespace) -> Iterator[str]:
    """The classes of a namespace and of all below it."""
    yield _class(space)
    for below in space.spaces.values():
        yield from _classes(below)


def _class(space: Namespace, name: str = "", taken: Collection[str] = ()) -> str:
    attributes = [
        f"    {safe_part(part, taken)}: {below.class_name}[C, R, V]"
        for part, below in sorted(space.spaces.items())
    ]
    blocks = ["\n".join(attributes)] if attributes else []
    if space.itself is not None:
        blocks.append(_function("__call__", space.itself))
    blocks += [
        _function(safe_part(part, taken), method) for part, method in sorted(space.methods.items())
    ]
    about = f"``{space.name}``" if space.name else "First parts of the names of methods."
    text = "\n\n".join(blocks)
    return f'class {name or space.class_name}(Generic[C, R, V]):\n    """{about}"""\n\n{text}'


def safe_part(part: str, taken: Collection[str] = ()) -> str:
    """A part of a name as an attribute: with an underscore if it is a keyword or taken."""
    return f"{part}_" if keyword.iskeyword(part) or part in taken else part


# Methods.


def _function(part: str, method: Method) -> str:
    named = [item for item in parameters_of(method.name, method.record) if not item.is_pattern]
    named.sort(key=lambda item: not item.required)
    parameters = [
        f"{safe_part(item.name)}: {type_text(item)}{'' if item.required else ' = ...'}"
        for item in named
    ]
    if method.section == "v3" and method.record["kind"] != "read":
        parameters.append("idempotency_key: str | None = ...")
    if parameters:
        parameters.insert(0, "*")
    if is_open(method.name, method.record):
        parameters.append("**others: Any")
    lines = [*_decorator(method), *_signature(part, ["self", *parameters], _gives(method.record))]
    return "\n".join(f"    {line}" if line else "" for line in [*lines, *_docstring(method)])


def _gives(record: Mapping[str, Any]) -> str:
    if not record["list"]:
        return "C"
    return "R" if record.get("rows_shape", "records") == "records" else "V"


def _signature(part: str, parameters: Sequence[str], gives: str) -> list[str]:
    line = f"def {part}({', '.join(parameters)}) -> {gives}:"
    if len(line) + 4 <= WIDTH:
        return [line]
    broken = [line for parameter in parameters for line in _parameter_lines(parameter)]
    return [f"def {part}(", *(f"    {text}" for text in broken), f") -> {gives}:"]


def _parameter_lines(parameter: str) -> list[str]:
    """A parameter on lines of its own."""
    if len(parameter) + len(",") + 8 <= WIDTH:
        return [f"{parameter},"]
    name, _, annotation = parameter.partition(": ")
    default = " = ..." if annotation.endswith(" = ...") else ""
    first, *more = _broken(ast.parse(annotation.removesuffix(default), mode="eval").body)
    return [f"{name}: {first}", *more[:-1], f"{more[-1]}{default},"]


def _broken(annotation: ast.expr) -> list[str]:
    """The lines of ``Outer[inner, ...]``, with each inner one on its own."""
    assert isinstance(annotation, ast.Subscript)
    inner = annotation.slice
    if isinstance(inner, ast.Tuple):
        groups = [_fitted(element) for element in inner.elts]
        lines = [line for *start, end in groups for line in (*start, f"{end},")]
    else:
        lines = _broken(inner)
    return [f"{_source(annotation.value)}[", *(f"    {line}" for line in lines), "]"]


def _fitted(element: ast.expr) -> list[str]:
    line = _source(element)
    return [line] if len(line) + 13 <= WIDTH else _broken(element)


def _source(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return json.dumps(node.value, ensure_ascii=False)
    return ast.unparse(node)


def _decorator(method: Method) -> list[str]:
    found = method.record.get("deprecated")
    if not found:
        return []
    by = found.get("by", []) if isinstance(found, dict) else []
    return [f"@deprecated({json.dumps(advice(by))})"]


def advice(by: Sequence[str]) -> str:
    """What to do instead of calling a deprecated method."""
    return f"use {' or '.join(by)}" if by else "the documentation names no replacement"


def _docstring(method: Method) -> list[str]:
    scope = method.record["scope"]
    about = [f"Scope: {scope.replace('|', ' or ')}." if scope else "No scope is documented."]
    for item in parameters_of(method.name, method.record):
        if item.is_pattern:
            about.append(f"Takes ``{item.name}``.")
        if item.aliases:
            about.append(f"{item.name} may be called {', '.join(item.aliases)}.")
        if item.examples:
            about.append(f"{item.name}: {', '.join(item.examples)} and others.")
        if item.fields:
            about.append(f"{item.name}: {', '.join(item.fields)}.")
    for group in method.record.get("one_of", ()):
        about.append(f"Needs {' or '.join(group)}.")
    lines = []
    for text in about:
        lines += textwrap.wrap(
            text,
            WIDTH - 8 - 2,
            break_long_words=False,
            break_on_hyphens=False,
            subsequent_indent="  ",
        )
    lines[0] = f'"""{lines[0]}'
    if len(lines) == 1:
        return [f'    {lines[0]}"""']
    return [f"    {line}" if line else "" for line in (lines[0], "", *lines[1:], '"""')]


# Types.


def type_text(parameter: Parameter) -> str:
    """The annotation of a parameter.

    Raises:
        ValueError: its documented type is unknown here.
    """
    if parameter.values:
        return _closed(parameter)
    if not parameter.types:
        return "Any"
    found: dict[str, None] = {}
    for name in parameter.types:
        found |= dict.fromkeys(_type(name))
    return "Any" if "Any" in found else " | ".join(found)


def _closed(parameter: Parameter) -> str:
    if set(parameter.values) == {"true", "false"} and parameter.types == ("boolean",):
        return "bool"
    literal = f"Literal[{', '.join(_literals(parameter))}]"
    if parameter.is_direction and parameter.within is Within.MEMBERS:
        return f"Order | {literal}" if "string" in parameter.types else "Order"
    match parameter.within:
        case Within.ITEMS:
            return f"Sequence[{literal}]"
        case Within.MEMBERS:
            return f"Mapping[str, {literal}]"
        case Within.KEYS:
            return f"Mapping[{literal}, Any]"
    return literal


def _literals(parameter: Parameter) -> list[str]:
    """The closed values in the types that the documentation gives them."""
    values = list(parameter.values)
    if parameter.is_direction:
        values = sorted({form for value in values for form in (value.upper(), value.lower())})
    types = set(parameter.types)
    literals: dict[str, None] = {}
    for value in values:
        is_number = value.lstrip("-").isdecimal()
        forms = []
        if "boolean" in types and value in ("true", "false"):
            forms.append(value.capitalize())
        if is_number and (not types or types & {"integer", "boolean"}):
            forms.append(value)
        if not forms or not types or types & {"string", "char", "enum", "text"}:
            forms.append(json.dumps(value, ensure_ascii=False))
        literals |= dict.fromkeys(forms)
    return list(literals)


def _type(name: str) -> tuple[str, ...]:
    if name.endswith("[]"):
        return (f"Sequence[{' | '.join(_type(name.removesuffix('[]')))}]",)
    if name in TYPES:
        return TYPES[name]
    if name in OTHER_IDS:
        return OTHER_IDS[name]
    for ending, types in IDS.items():
        if name.endswith(ending):
            return types
    raise ValueError(f"the type {name} is unknown")
