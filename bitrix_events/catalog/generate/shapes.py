"""The shapes of events' data as ``TypedDict`` classes.

On the wire every leaf is a string, whatever its documented type (protocol.md 1.2).
"""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

_WORD: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+[0-9]*")
_MAP: Final = "{id}"
_MAY_BE_UNDEFINED: Final = {"FIELDS_BEFORE", "FIELDS_AFTER"}
"""Mappings in whose place a portal may send the text ``undefined`` (protocol.md 1.8, tasks)."""

_LEAVES: Final[Mapping[str, str]] = {
    "array": "list[Any]",
    "object": "dict[str, Any]",
    "object|null": "dict[str, Any] | str",  # bots: null arrives as an empty string
    "integer[]": "list[str]",
    "string[]": "list[str]",
}

Shape = Any
"""As in the catalogue: a mapping, a list of one shape, or the name of a type."""


@dataclass
class Shapes:
    """Collects the shapes of one module; gives each its class, and equal ones the same.

    Args:
        fallback: first part of names for shapes of events that have no word in common.
    """

    fallback: str
    _owners: dict[str, list[tuple[str, tuple[str, ...]]]] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _texts: list[str] = field(default_factory=list)

    def add(self, event: str, shape: Shape) -> None:
        """Note the data of an event, named as its class."""
        self._note(event, (), shape)

    def type_of(self, shape: Shape, *, is_whole: bool = False) -> str:
        """The annotation for a shape that was added; or that is part of it."""
        if isinstance(shape, list):
            return f"list[{self.type_of(shape[0])}]"
        if not isinstance(shape, dict):
            return _leaf_type(shape)
        if not shape:
            return "dict[str, Any]"
        if _MAP in shape:
            return f"dict[str, {self.type_of(shape[_MAP])}]"
        return self._class_of(shape, is_whole=is_whole)

    @property
    def classes(self) -> Sequence[str]:
        """The texts of the classes so far, each after those that it needs."""
        return tuple(self._texts)

    def _note(self, event: str, path: tuple[str, ...], shape: Shape) -> None:
        if isinstance(shape, list):
            self._note(event, (*path, "[]"), shape[0])
        elif isinstance(shape, dict):
            if shape and _MAP not in shape:
                owners = self._owners.setdefault(_key(shape, is_whole=not path), [])
                owners.append((event, path))
            for name, inner in shape.items():
                self._note(event, path if name == _MAP else (*path, name), inner)

    def _class_of(self, shape: dict[str, Shape], *, is_whole: bool) -> str:
        key = _key(shape, is_whole=is_whole)
        if key not in self._names:
            name = self._name(self._owners[key])
            if name in self._names.values():
                raise ValueError(f"two shapes would be named {name}")
            self._names[key] = name
            self._texts.append(_class_text(name, shape, self.type_of))
        return self._names[key]

    def _name(self, owners: Sequence[tuple[str, tuple[str, ...]]]) -> str:
        """``CrmUserFieldFields``: the words that all its events have in common, and where it is."""
        shared = "".join(w for w in _common(_words(event) for event, _ in owners) if w != "On")
        place = "".join(_common(_words(_place(path)) for _, path in owners))
        return (shared or self.fallback) + (place or _place(owners[0][1]) or "Data")


def _place(path: tuple[str, ...]) -> str:
    """``("MESSAGES", "[]", "im")`` to ``MessageIm``."""
    words: list[str] = []
    for step in path:
        if step == "[]":
            words[-1] = "Item" if words[-1] == "Data" else words[-1].removesuffix("s")
        else:
            words.append("".join(word.capitalize() for word in re.split("_", _spaced(step))))
    return "".join(words)


def _spaced(name: str) -> str:
    return name if name.isupper() else re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)


def _words(name: str) -> list[str]:
    return _WORD.findall(name)


def _common(names: Iterable[list[str]]) -> list[str]:
    """The words that are in all names, in their order in the first."""
    first, *others = names
    return [word for word in first if all(word in other for other in others)]


def _key(shape: Shape, *, is_whole: bool = False) -> str:
    """Equal for shapes that look alike on the wire; the whole data is like no part of other."""
    if isinstance(shape, dict):
        text = json.dumps({name: _key(inner) for name, inner in shape.items()})
        return f"whole {text}" if is_whole else text
    if isinstance(shape, list):
        return json.dumps([_key(shape[0])])
    return _leaf_type(shape) + ("?" if _may_be_missing(shape) else "")


def _leaf_type(documented: str) -> str:
    """``"string|null"`` to ``str``, ``"object|boolean"`` to ``dict[str, Any] | str``."""
    if documented in _LEAVES:
        return _LEAVES[documented]
    kinds = [kind for kind in documented.split("|") if kind != "null"]
    return " | ".join(dict.fromkeys(_LEAVES.get(kind, "str") for kind in kinds))


def _may_be_missing(shape: Shape) -> bool:
    """PHP leaves out null, and arrays that are empty (protocol.md 1.2)."""
    if not isinstance(shape, str):
        return isinstance(shape, dict) and (not shape or _MAP in shape)
    return any(kind == "null" or kind in _LEAVES for kind in shape.split("|"))


def _class_text(name: str, shape: dict[str, Shape], type_of: Callable[[Shape], str]) -> str:
    lines = [f"class {name}(TypedDict):"]
    for key, inner in shape.items():
        if not key.isidentifier() or keyword.iskeyword(key):
            raise ValueError(f"{name}: {key} cannot be written as a field of a class")
        wanted = type_of(inner)
        if key in _MAY_BE_UNDEFINED:
            wanted += ' | Literal["undefined"]'
        if _may_be_missing(inner):
            wanted = f"NotRequired[{wanted}]"
        lines.append(f"    {key}: {wanted}")
    return "\n".join(lines)
