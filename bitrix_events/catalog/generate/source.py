"""The catalogue as it was taken from the vendor's documentation.

The files in ``catalog/source`` say in ``_meta`` where they come from. They are no part of the
installed package, which needs only what is made from them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

SOURCE: Final = Path(__file__).parents[1] / "source"

MADE_BY: Final = (
    "Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit."
)
"""The first line of every generated file, behind whatever makes it a comment."""


@dataclass(frozen=True, slots=True)
class Source:
    """The files, parsed. Each has its sections, and ``_meta``, which says where it comes from.

    Attributes:
        methods: ``classic`` and ``v3``: method to record.
        events: ``events``: a list.
        fields: ``entities``: entity to record.
        errors: ``system`` and ``methods``: two lists.
        scopes: ``scopes``: a list.
    """

    methods: Mapping[str, Any]
    events: Mapping[str, Any]
    fields: Mapping[str, Any]
    errors: Mapping[str, Any]
    scopes: Mapping[str, Any]


def read_source(folder: Path = SOURCE) -> Source:
    """Read the files of a folder."""
    names = ("methods", "events", "fields", "errors", "scopes")
    return Source(*(json.loads((folder / f"{name}.json").read_text("utf-8")) for name in names))
