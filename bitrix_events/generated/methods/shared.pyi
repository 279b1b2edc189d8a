# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.
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
