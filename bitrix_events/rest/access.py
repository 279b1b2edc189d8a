"""Where a portal is and what opens it."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from typing import Final, Protocol

from pydantic import SecretStr

from bitrix_events.errors import InstallationGone, PortalMoved, SettingsError, TokenExpired
from bitrix_events.wire.envelope import domain_of
from bitrix_events.wire.verify import token_digest

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Authorization:
    """Where to call and with what.

    Attributes:
        base_url: root of the REST interface, ending in a slash. That of a webhook is a password.
        token: access token; None for a webhook.
        domain: host name of the portal, for people.
    """

    base_url: str = field(repr=False)
    token: SecretStr | None
    domain: str

    @property
    def v3_url(self) -> str:
        """Root of REST 3.0, ending in a slash: ``/rest/api/`` instead of ``/rest/``."""
        return re.sub(r"/rest/(?:api/)?", "/rest/api/", self.base_url, count=1)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that must not be shown."""
        if self.token is not None:
            return (self.token.get_secret_value(),)
        return (self.base_url.rstrip("/").rpartition("/")[2],)

    def sign(self, outcome: object) -> None:
        """Note in a refusal of the app which token it was for: that of a user who has left ends
        nobody's installation."""
        if isinstance(outcome, InstallationGone) and self.token is not None:
            outcome.token_digest = token_digest(self.token)


class Access(Protocol):
    """Who opens a portal for the client."""

    async def authorize(self) -> Authorization:
        """The present authorization.

        Raises:
            InstallationGone: there is none.
        """

    async def renew(self, refused: Authorization) -> Authorization:
        """A newer authorization than the one whose token was refused; stored before it is returned.

        Raises:
            InstallationGone: the portal must be authorised anew by a person.
            TokenExpired: there is nothing to renew.
        """

    async def relocate(self, refused: Authorization, location: str) -> Authorization:
        """The authorization at the portal's new address, proven and stored.

        Args:
            location: root of where it redirects to, ``https://new.bitrix24.com/``; may be empty.

        Raises:
            PortalMoved: the new address could not be proven.
        """


_WEBHOOK: Final = re.compile(
    r"(https?://[^/?#@\s]+(?:/[^?#@\s]*)?/rest/)(?:api/)?(\d+/[^/?#\s]+)/?\Z", re.I
)
_ROOT: Final = re.compile(r"(https?://[^/?#@\s]+(?:/[^?#@\s]*)?/rest)(?:/api)?/?\Z", re.I)
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


def may_follow(old_url: str, new_url: str) -> bool:
    """Whether the password in a webhook's address may go where its portal redirects to. Nobody can
    be asked whose that is, so both have to be portals of the cloud, which renames them."""
    return all(
        url.lower().startswith("https://") and is_cloud_portal(domain_of(url))
        for url in (old_url, new_url)
    )


def webhook_root(url: str) -> str:
    """The REST root of an incoming webhook, ending in a slash; also from its address for REST 3.0.

    Raises:
        ValueError: it is the address of something else. The text does not repeat it.
    """
    match = _WEBHOOK.match(url.strip())
    if match is None:
        raise ValueError(
            "the address is not that of an incoming webhook, such as"
            " https://acme.bitrix24.com/rest/1/<code>/"
        )
    return f"{match[1]}{match[2]}/"


def _rest_root(url: str) -> str:
    match = _ROOT.match(url.strip())
    if match is None:
        raise ValueError(
            "the address is not that of a REST interface, such as https://acme.bitrix24.com/rest/"
        )
    return f"{match[1]}/"


class DirectAccess:
    """A portal whose address and secret the caller holds: a webhook, or a token that nobody renews.

    Args:
        url: ``https://acme.bitrix24.com/rest/1/<code>/``, or with a token
            ``https://acme.bitrix24.com/rest/``.
    """

    def __init__(self, url: str, token: str | SecretStr | None = None) -> None:
        secret = SecretStr(token) if isinstance(token, str) else token
        try:
            base_url = webhook_root(url) if secret is None else _rest_root(url)
        except ValueError as error:
            raise SettingsError(str(error)) from None
        self._authorization = Authorization(base_url, secret, domain_of(base_url))

    async def authorize(self) -> Authorization:
        return self._authorization

    async def renew(self, refused: Authorization) -> Authorization:
        raise TokenExpired(
            "authorize", "", "nobody can renew what opens this portal", portal=refused.domain
        )

    async def relocate(self, refused: Authorization, location: str) -> Authorization:
        if self._authorization.domain != refused.domain:
            return self._authorization
        domain = domain_of(location)
        is_safe = refused.token is None and may_follow(refused.base_url, location)
        if not is_safe or domain == refused.domain:
            raise PortalMoved(
                "authorize",
                "",
                f"it redirects to {domain or 'nowhere'}; if that is the same portal, use its new"
                " address",
                portal=refused.domain,
            )
        path = "/" + refused.base_url.split("://", 1)[1].partition("/")[2]
        self._authorization = Authorization(f"https://{domain}{path}", None, domain)
        log.warning("%s is now %s; use its new address", refused.domain, domain)
        return self._authorization
