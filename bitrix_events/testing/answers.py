"""JSON as PHP reads and writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response


def read_json(body: bytes) -> Any:
    """What a body holds. What PHP does not take is a ValueError: half a surrogate, too deep."""
    return orjson.loads(body)


def php_json(value: Any, *, headers: Mapping[str, str] | None = None) -> Response:
    """A 200 with JSON. PHP does not know an empty mapping: it is written ``[]``."""
    text = _dump(value)
    if b"{}" in text:  # an empty mapping somewhere, unless it is within text
        text = _dump(_as_php(value))
    return Response(text, media_type="application/json", headers=headers)


def _dump(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # a number of more than 64 bits, or keys that are numbers
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _as_php(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_php(item) for key, item in value.items()} if value else []
    if isinstance(value, list):
        return [_as_php(item) for item in value]
    return value
