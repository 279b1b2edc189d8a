"""Which addresses a portal may have.

Source: protocol.md 2.4 and 2.5.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from bitrix_events.wire.envelope import domain_of

_ENDPOINT: Final = re.compile(r"https?://[A-Za-z0-9.:-]+(?:/[A-Za-z0-9_.~-]+)*/?\Z", re.I)
_ZONES: Final = (
    *("ru", "by", "kz", "uz", "com", "eu", "de", "es", "fr", "it", "pl", "uk", "in", "vn"),
    *("jp", "cn", "id", "mx", "co", "ae", "ua", "com.br", "com.tr"),
)
CLOUD_ZONES: Final = frozenset(f"bitrix24.{zone}" for zone in _ZONES)
"""A cloud portal has one label more than its zone: ``acme.bitrix24.com``."""


def is_cloud_portal(domain: str) -> bool:
    """Whether the address belongs to Bitrix24's cloud and to a portal in it."""
    label, _, zone = domain.partition(".")
    return bool(label) and label != "www" and zone in CLOUD_ZONES


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
