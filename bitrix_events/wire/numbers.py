"""Whole numbers, which arrive as numbers from REST and as text in forms."""

from __future__ import annotations


def whole_number(value: object) -> int | None:
    """A number of up to 18 digits, or the number that such a text spells; None for all else."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) <= 18 else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
