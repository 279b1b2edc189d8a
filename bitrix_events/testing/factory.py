"""Events as a portal would send them: nested dicts and lists, all leaves texts.

The shapes are those that event classes give their ``data``, which are made from the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import UnionType
from typing import (
    Any,
    Final,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from bitrix_events.events import BundleEvent, Event, ItemEvent, RecordEvent, event_class

_LIFECYCLE_SHAPES: Final = "bitrix_events.generated.events.basic"
_KEY: Final = "567"
_TYPE_PATH: Final = "FIELDS.ENTITY_TYPE_ID"
_TYPE: Final = "147"


def event(
    code: str,
    *,
    id: int | str = 41,
    data: Mapping[str, Any] | None = None,
) -> Event:
    """An event of the class for its code, with all the data that is documented.

    Args:
        code: of a documented event; ``ONCRMDYNAMICITEMADD_147`` for one of a smart process.
        id: of the record that it is about, wherever its data has that.
        data: values of yours, which are put into the nested data; lists replace lists.

    Raises:
        LookupError: no such event is documented.
    """
    code = code.upper()
    found = event_class(code)
    if found is Event:
        raise LookupError(f"no event {code} is documented; an Event(code, data) can have any code")
    sample = _sample(_shape_of(found), "")
    for path in _id_paths(found):
        sample = _put(sample, path, str(id))
    if issubclass(found, ItemEvent):
        number = code.rpartition("_")[2]
        sample = _put(sample, _TYPE_PATH, number if number.isdecimal() else _TYPE)
    return found(code, _merged(sample, data) if data is not None else sample)


def _shape_of(found: type[Event]) -> Any:
    """The annotation of an event's data; None if nothing is known of them."""
    name = next(c.__annotations__["data"] for c in found.__mro__ if "data" in c.__annotations__)
    for module in (found.__module__, _LIFECYCLE_SHAPES):  # both are imported late, by code
        shape = getattr(import_module(module), name, None)
        if shape is not None:
            return shape
    return str if name == "str" else None


def _sample(shape: Any, name: str) -> Any:
    """A value of a type."""
    if shape is None:
        return {}
    origin, inner = get_origin(shape), get_args(shape)
    if is_typeddict(shape):
        hints = get_type_hints(shape)
        return {key: _sample(hint, key) for key, hint in hints.items()}
    if origin is NotRequired or origin in (Union, UnionType):
        return _sample(inner[0], name)
    if origin is list:
        return [_sample(inner[0], name)]
    if origin is dict:
        return {_KEY: _sample(inner[1], name)}
    return "3" if name.upper().endswith("ID") else "text"


def _id_paths(found: type[Event]) -> tuple[str, ...]:
    """Where the id of the record lies, or may lie."""
    if issubclass(found, RecordEvent):
        return found.id_paths
    return (found.ids_path,) if issubclass(found, BundleEvent) else ()


def _put(data: Any, path: str, value: str) -> Any:
    """The data with another value where a path leads to: ``FIELDS.ID``, ``MESSAGES[].im.id``; as
    it is if the path leads nowhere."""
    name, _, rest = path.partition(".")
    if not path:
        return value
    if name.endswith("[]") and isinstance(data, dict) and name[:-2] in data:
        return {**data, name[:-2]: [_put(one, rest, value) for one in data[name[:-2]]]}
    if isinstance(data, dict) and name in data:
        return {**data, name: _put(data[name], rest, value)}
    return data


def _merged(sample: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(sample) if isinstance(sample, dict) else {}
    for key, value in data.items():
        merged[key] = _merged(merged.get(key), value) if isinstance(value, Mapping) else value
    return merged
