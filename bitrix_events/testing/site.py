"""Who the fake portal is and where it lives: names, secrets, addresses."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

_SECRET_KEY: Final = "Yml0cml4X2V2ZW50cyBmYWtlIHBvcnRhbCBzZWNyZXQ"
"""32 bytes in unpadded base64: enough for an app that seals tokens, no secret to anybody."""

OAUTH_PATH = "/oauth-server"
"""The fake's OAuth host is a path on the portal's own host, so that one port serves both."""


@dataclass(slots=True)
class Site:
    """Identity, which stays, and addresses, which change when the portal is served or moves."""

    domain: str
    member_id: str
    client_id: str
    client_secret: str = field(repr=False)
    application_token: str = field(repr=False)
    scope: str
    """Comma separated, as on the wire."""
    webhook_user_id: int
    webhook_code: str = field(repr=False)
    scheme: str = "https"
    own_oauth_url: str = ""
    """Stays what it was when the portal moves: the OAuth host is somebody else's."""
    oauth_site: Site | None = None
    """The portal whose OAuth host serves this one too; None is its own."""
    language: str = "en"
    redirect: int = 0
    """The HTTP status that the portal's former addresses answer with; 0 if they work as before."""
    redirect_keeps_path: bool = True
    version: int | str = 1
    """Of the app."""
    status: str = "L"
    """Of the app: local, free, subscription and so on (protocol.md 1.4)."""

    def __post_init__(self) -> None:
        self.settle(self.scheme, self.domain)

    def settle(self, scheme: str, domain: str) -> None:
        """Live at this address, with the OAuth host, as if never elsewhere."""
        self.scheme, self.domain, self.redirect = scheme, domain, 0
        self.own_oauth_url = self.base_url + OAUTH_PATH

    @property
    def oauth_url(self) -> str:
        return self.own_oauth_url if self.oauth_site is None else self.oauth_site.oauth_url

    @property
    def base_url(self) -> str:
        return f"{self.scheme}://{self.domain}"

    @property
    def rest_url(self) -> str:
        """The portal's REST root: ``client_endpoint`` on the wire."""
        return f"{self.base_url}/rest/"

    @property
    def webhook_url(self) -> str:
        """The REST root of the incoming webhook."""
        return f"{self.rest_url}{self.webhook_user_id}/{self.webhook_code}/"

    @property
    def server_endpoint(self) -> str:
        """The OAuth host's REST root."""
        return f"{self.oauth_url}/rest/"

    def application_token_of(self, client_id: str) -> str:
        """The application token of our app, or of another one on this portal."""
        if client_id == self.client_id:
            return self.application_token
        return hex_id("application token", self.member_id, client_id)

    @property
    def oauth_host(self) -> str:
        """What refresh answers name as ``domain``, not the portal's own (protocol.md 3.2)."""
        return self.oauth_url.split("/")[2]


def app_environment(site: Site) -> dict[str, str]:
    """The settings, without their prefix, of an app with OAuth tokens."""
    return {
        "CLIENT_ID": site.client_id,
        "CLIENT_SECRET": site.client_secret,
        "OAUTH_URLS": site.oauth_url,
        "ALLOWED_HOSTS": site.domain,
        "SECRET_KEY": _SECRET_KEY,
    }


def webhook_environment(site: Site, application_token: str) -> dict[str, str]:
    """The settings, without their prefix, of an app with an incoming and an outgoing webhook."""
    return {
        "WEBHOOK_URL": site.webhook_url,
        "APPLICATION_TOKEN": application_token,
        "ALLOWED_HOSTS": site.domain,
    }


def hex_id(*parts: object) -> str:
    """32 hex characters that depend on the parts alone: tests see the same ids in every run."""
    text = ":".join(map(str, parts))
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def webhook_token(*parts: object) -> str:
    """32 of ``[a-z0-9]``, as the portal makes them for outgoing webhooks."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    digest = hashlib.sha256(":".join(map(str, parts)).encode()).digest()
    return "".join(digits[byte % len(digits)] for byte in digest)
