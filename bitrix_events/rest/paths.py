"""Methods as attributes: ``client.crm.deal.get(id=7)`` is ``client.call("crm.deal.get", id=7)``.

What exists is told to editors and type checkers by the stubs in ``generated/methods`` and
``generated/v3``. Here any path is made, if only its first part is one that the documentation knows:
a portal may have methods that are not documented.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping
from inspect import getattr_static
from typing import Any, ClassVar, Final

from bitrix_events.catalog.methods import Section, first_parts, parts_below
from bitrix_events.nearest import did_you_mean


class Methods:
    """Base of the clients: gives the first part of a path.

    A part that is a keyword, or the name of something else here, is written with an underscore
    behind it: ``client.crm.item.import_``, ``client.v3.call_``.
    """

    _section: ClassVar[Section] = "classic"

    def _call_path(self, method: str, fields: Mapping[str, Any]) -> Any:
        """The lazy call of a method."""
        raise NotImplementedError

    def __getattr__(self, part: str) -> MethodPath:
        if part[0] != "_" and part.removesuffix("_") in first_parts(self._section):
            first = FirstPart(part)
            setattr(type(self), part, first)  # Python is here after an exception: only once
            return first.__get__(self)
        raise AttributeError(self._unknown(part), name=part, obj=self)

    def __dir__(self) -> Iterable[str]:
        kind = type(self)
        own = {
            name
            for name in super().__dir__()
            if not isinstance(getattr_static(kind, name, None), FirstPart)
        }
        return own | {_attribute(part, own) for part in first_parts(self._section)}

    def _unknown(self, part: str) -> str:
        what = f"{type(self).__name__} has no {part!r}"
        if part.startswith("_"):
            return what
        hint = did_you_mean(part, (name for name in dir(self) if not name.startswith("_")))
        advice = f'what is not documented can be called by name: call("{part}.…")'
        return f"{what}; {hint} {advice}" if hint else f"{what}; {advice}"


class FirstPart:
    """The first part of paths, as an attribute of the class of clients that was asked for it."""

    __slots__ = ("_part",)

    def __init__(self, part: str) -> None:
        self._part = part

    def __get__(self, client: Methods, owner: type[Methods] | None = None) -> MethodPath:
        path = _new(MethodPath)
        path._above = client
        path._part = self._part
        return path


class MethodPath:
    """A path that can be called, or gone on with: ``client.crm.deal`` to ``.get``.

    Parameters are given by name; one that is a keyword gets an underscore: ``from_``.

    Each step makes an object and nothing else; the name is put together when it is called.
    """

    __slots__ = ("_above", "_part")

    _above: MethodPath | Methods
    _part: str

    def __getattribute__(self, part: str) -> Any:
        # Not __getattr__: Python calls that only after an exception, which costs more than a step.
        if part[0] == "_":
            return object.__getattribute__(self, part)
        path = _new(MethodPath)
        path._above = self
        path._part = part
        return path

    def __call__(self, /, **fields: Any) -> Any:
        client, name = _read(self)
        return client._call_path(name, {_sent(name): value for name, value in fields.items()})

    def __repr__(self) -> str:
        client, name = _read(self)
        return f"<{type(client).__name__} method {name}>"

    def __dir__(self) -> Iterable[str]:
        client, name = _read(self)
        below = parts_below(client._section, name)
        return [*object.__dir__(self), *(_attribute(part, ()) for part in below)]


_new: Final = object.__new__
_above: Final = MethodPath.__dict__["_above"].__get__  # past __getattribute__
_part: Final = MethodPath.__dict__["_part"].__get__


def _read(path: MethodPath) -> tuple[Methods, str]:
    """The client of a path, and the name of the method."""
    name, above = _bare(_part(path)), _above(path)
    while type(above) is MethodPath:
        name = f"{_bare(_part(above))}.{name}"
        above = _above(above)
    return above, name


def _bare(part: str) -> str:
    return part[:-1] if part[-1] == "_" else part


def _attribute(part: str, taken: Iterable[str]) -> str:
    return f"{part}_" if keyword.iskeyword(part) or part in taken else part


def _sent(name: str) -> str:
    """The name of a parameter without the underscore that made it no keyword."""
    return name[:-1] if name[-1] == "_" and keyword.iskeyword(name[:-1]) else name
