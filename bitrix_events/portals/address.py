"""Which addresses a portal may have.

Source: protocol.md 2.4 and 2.5.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from bitrix_events.wire.envelope import domain_of

_ENDPOINT: Final = re.compile(r"https?://[A-Za-z0-9.:-]+(?:/[A-Za-z0-9_.~-]+)*/?\Z", re.I)


def usable_endpoint(endpoint: str, allowed_hosts: Collection[str]) -> str:
    """Check the REST root that the OAuth server names, and give it a final slash.

    Returns:
        The endpoint, or ``""`` if it has no host or uses plain http without being allowed to.
    """
    domain = domain_of(endpoint)
    if not domain or not _ENDPOINT.match(endpoint) or ".." in endpoint:
        return ""
    if not endpoint.lower().startswith("https://") and domain not in allowed_hosts:
        return ""
    return endpoint.rstrip("/") + "/"
