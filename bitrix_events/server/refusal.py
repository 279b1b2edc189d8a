"""Requests that the app is not asked about, and what they are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """A request that the app is not asked about, or not any more."""

    status: int
    error: str
    message: str


NO_HTTP: Final = Refusal(400, "malformed_request", "this is no HTTP/1.1 request")
NO_HOST: Final = Refusal(400, "malformed_request", "a request names its host, once")
NO_TUNNEL: Final = Refusal(400, "malformed_request", "this is no proxy")
CODING: Final = Refusal(400, "malformed_request", "the only transfer coding taken is chunked")
INCOMPLETE: Final = Refusal(400, "incomplete", "the request ended before it was complete")
TOO_SLOW: Final = Refusal(408, "request_timeout", "the request took too long to arrive")
