"""JSON at the edge: fast where the text is ordinary, tolerant where it is odd."""

from __future__ import annotations

import json
from typing import Any

import orjson


def dump_json(value: Any) -> bytes:
    """JSON as UTF-8. Integers of any size and lone surrogates are possible, as in the stdlib."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value).encode()


def load_json(text: bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: it is none, or its nesting is too deep.
    """
    try:
        return orjson.loads(text)
    except ValueError:
        try:
            return json.loads(text)
        except RecursionError:
            raise ValueError("the JSON is nested too deeply") from None
