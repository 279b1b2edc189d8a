"""Which addresses a portal may have.

Source: protocol.md 2.4 and 2.5.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from bitrix_events.rest.access import is_cloud_portal
from bitrix_events.wire.envelope import domain_of

_ENDPOINT: Final = re.compile(r"https?://[A-Za-z0-9.:-]+(?:/[A-Za-z0-9_.~-]+)*/rest/?\Z", re.I)


def usable_endpoint(endpoint: str, allowed_hosts: Collection[str]) -> str:
    """Check the REST root that the OAuth server names, and give it a final slash.

    Returns:
        The endpoint, or ``""`` if it is no REST root, has no host, or uses plain http without being
        allowed to.
    """
    domain = domain_of(endpoint)
    if not domain or not _ENDPOINT.match(endpoint) or ".." in endpoint:
        return ""
    if not endpoint.lower().startswith("https://") and not _is_allowed(domain, allowed_hosts):
        return ""
    return endpoint.rstrip("/") + "/"


def authorize_root(portal: str, allowed_hosts: Collection[str]) -> str:
    """Where a browser may be sent to authorise the app.

    Args:
        portal: what a person typed: ``acme.bitrix24.com``, or an address that begins with it.

    Returns:
        ``https://acme.bitrix24.com``; ``""`` for what is neither a portal of the cloud nor allowed.
        Plain http is for allowed hosts only.
    """
    address = portal.strip() if "://" in portal else f"https://{portal.strip()}"
    domain = domain_of(address)
    if domain and _is_allowed(domain, allowed_hosts):
        return f"{address.partition('://')[0].lower()}://{domain}"
    return f"https://{domain}" if is_cloud_portal(domain) else ""


def _is_allowed(domain: str, allowed_hosts: Collection[str]) -> bool:
    """Whether the operator has named this address, or its host for any port."""
    return domain in allowed_hosts or domain.partition(":")[0] in allowed_hosts
