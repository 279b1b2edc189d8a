"""Every event of the catalogue, with data as a portal would send it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import bitrix_events

SOURCE = Path(bitrix_events.__file__).parent / "catalog" / "source" / "events.json"
ID = "41"
TYPE = "147"
"""The type of items of a smart process."""


@dataclass(frozen=True)
class Documented:
    """One event as the catalogue has it.

    Attributes:
        id_path: as in the catalogue: ``FIELDS.ID``, ``MESSAGES[].im.message_id``, ``""`` or None.
        data: a sample in the documented shape; what the id path leads to is `ID`.
    """

    code: str
    name: str
    scope: str
    id_path: str | None
    data: Any


@cache
def every_event() -> tuple[Documented, ...]:
    """All events of the catalogue, in its order."""
    records = json.loads(SOURCE.read_text("utf-8"))["events"]
    return tuple(
        Documented(r["code"], r["name"], r["scope"], r["id_path"], _data_of(r)) for r in records
    )


def _data_of(record: dict[str, Any]) -> Any:
    data = sample(record["data"])
    for path in filter(None, (record["id_path"], *record.get("id_paths", ()))):
        put(data, path, ID)
    return ID if record["id_path"] == "" else data


def sample(shape: Any, name: str = "") -> Any:
    """A value in a shape of the catalogue: all leaves strings, as on the wire."""
    if isinstance(shape, dict):
        return {
            ("567" if key == "{id}" else key): sample(inner, key) for key, inner in shape.items()
        }
    if isinstance(shape, list):
        return [sample(shape[0], name)]
    if name == "ENTITY_TYPE_ID":
        return TYPE
    kinds = shape.split("|")
    if "object" in kinds:
        return {"key": "value"}
    if any(kind == "array" or kind.endswith("[]") for kind in kinds):
        return ["1", "17"]
    return "Y" if "string" in kinds or "boolean" in kinds else "3"


def put(data: Any, path: str, value: str) -> None:
    """Change what a path leads to: ``FIELDS.ID``, ``MESSAGES[].im.message_id``."""
    *outer, last = path.split(".")
    for name in outer:
        data = data[name.removesuffix("[]")]
        data = data[0] if name.endswith("[]") else data
    assert last in data
    data[last] = value
