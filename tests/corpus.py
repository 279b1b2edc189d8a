"""The 67 request bodies in tests/payloads, with what PHP makes of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAYLOADS = Path(__file__).parent / "payloads"


@dataclass(frozen=True)
class Case:
    """One captured or constructed request."""

    id: str
    kind: str
    content_type: str
    query: str
    body: bytes
    expected: dict[str, Any]
    expected_query: dict[str, Any]


def corpus() -> list[Case]:
    """All cases, in the order of the index."""
    index = json.loads((PAYLOADS / "index.json").read_text("utf-8"))
    return [
        Case(
            id=case["id"],
            kind=case["kind"],
            content_type=case["content_type"],
            query=case.get("query") or "",
            body=(PAYLOADS / case["file"]).read_bytes(),
            expected=case["expected"],
            expected_query=case.get("expected_query") or {},
        )
        for case in index["cases"]
    ]


MEMBER_ID = "a913bed9f0b1972e977edc78956a6374"
"""The portal that most of the bodies come from."""
APP_TOKEN = "abbf20659cf573370435b453b162176c"
"""Its application token for the app."""
WEBHOOK_TOKEN = "5s94jx489d7jh1iz0o6vpuutdb4wbbct"
"""The token of its outgoing webhook."""
