"""Every option, its variable, default and unit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bitrix_events.errors import SettingsError

PREFIX = "BITRIX_EVENTS_"
_KEY_CHARACTERS = 32
_ADMIN_TOKEN_CHARACTERS = 16

Role = Literal["all", "web", "worker"]
"""What a process does: receives deliveries (web), runs handlers (worker), or both."""
HostList = Annotated[tuple[str, ...], NoDecode]
"""In the environment: names separated by commas."""
SecretList = Annotated[tuple[SecretStr, ...], NoDecode]
"""In the environment: secrets separated by commas."""


class Settings(BaseSettings):
    """Options of one app. Precedence: argument, environment, secret file, default.

    Each option is read from ``BITRIX_EVENTS_<NAME>``, or from the file that
    ``BITRIX_EVENTS_<NAME>_FILE`` names (Docker secrets).
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="forbid",
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    webhook_url: SecretStr | None = None
    """Incoming webhook of one portal, ``https://acme.bitrix24.com/rest/1/<code>/``."""
    application_token: SecretStr | None = None
    """Token that the portal shows for the outgoing webhook."""
    member_id: str | None = None
    """The one portal whose events are taken in webhook mode; default: that of the first event."""

    client_id: str | None = None
    client_secret: SecretStr | None = None
    """Credentials from the app's card. They make this an app that portals install."""
    secret_key: SecretStr | None = None
    """Seals the tokens in the store; at least 32 characters."""
    old_secret_keys: SecretList = ()
    """Keys before it, which still open what they sealed; see ``portals rotate-key``."""
    oauth_urls: HostList = ("https://oauth.bitrix.info", "https://oauth.bitrix24.tech")
    """The only servers that ever receive the client secret, the preferred one first."""
    allowed_hosts: HostList = ()
    """Portals (``host`` or ``host:port``) that may install the app over plain http, or from an
    address of a private network."""
    uninstall_grace_days: float = Field(default=30.0, ge=0, le=3650)
    """How long the removal of the app from a portal can be undone; then its data is deleted."""
    public_url: str | None = None
    """Base of the URLs that portals call, ``https://app.example.com``."""

    store: SecretStr = SecretStr("sqlite:///data/bitrix_events.db")
    """Where deliveries live: ``sqlite:///relative/path``, ``sqlite:////absolute/path``, or
    ``postgresql://user:password@host/database`` for several processes and machines; several of
    these, separated by commas, are its cells: each portal lives in one of them."""
    role: Role = "all"
    """What a process does: receive and run handlers, or one of both. SQLite: all."""
    process_name: str = Field(default="", max_length=100, pattern=r"^[\w.:@-]*$")
    """What log lines, and other processes, call this one."""
    lease_seconds: float = Field(default=3.0, ge=0.5, le=300)
    """How long a process may be silent before others take over what it runs. PostgreSQL only."""
    outage_folder: Path = Path("data/outage")
    """Where a process that receives keeps deliveries while PostgreSQL does not answer."""
    body_limit: int = Field(default=256 * 1024, ge=1024)
    """Bytes that one delivery may have."""
    retention_days: float = Field(default=14.0, ge=0, le=36500)
    """How long deliveries are kept when nothing of them waits, runs or is dead; 0: for ever."""
    workers: int = Field(default=128, ge=1)
    """Executions that run at the same time. Most of them wait for a portal, which costs nothing."""
    portal_concurrency: int = Field(default=16, ge=1)
    """Executions of one portal that run at the same time, so that no portal takes all workers. Up
    to sixteen times as many may be begun: those that wait to share a request do not count."""
    offline_poll_seconds: float = Field(default=15.0, ge=1, le=3600)
    """Between two looks for offline events at a portal that has not told of any."""
    sync_threads: int = Field(default=16, ge=1)
    """Threads for ``def`` handlers. A thread that hangs keeps its place."""
    shutdown_seconds: float = Field(default=10.0, ge=0, le=3600)
    """How long running handlers may go on after a stop was asked for."""
    portal_limits: Literal["standard", "enterprise", "unlimited"] = "standard"
    """Requests that portals take: 50 and 2 a second; 250 and 5; or as many as come (on-premise)."""
    admin_token: SecretStr | None = None
    """Who sends it as ``Authorization: Bearer`` may read ``/metrics``; at least 16 characters.
    Without one, whoever asks from this machine may."""
    log_format: Literal["text", "json"] | None = None
    """Default: ``text`` on a terminal, else ``json``."""

    @property
    def is_app(self) -> bool:
        """Portals install us (OAuth), as opposed to one portal reached by webhooks."""
        return self.client_id is not None

    @property
    def is_shared(self) -> bool:
        """Whether several processes can work with the store."""
        return not self.store.get_secret_value().startswith("sqlite:")

    @property
    def store_urls(self) -> list[str]:
        """The addresses of the store: one, or those of the databases that are its cells."""
        return self.store.get_secret_value().split(",")

    @property
    def store_name(self) -> str:
        """The store's address without the password, and without what else could hold one."""
        return ", ".join(map(_name_of, self.store_urls)) if self.is_shared else self.store_urls[0]

    @field_validator("store")
    @classmethod
    def _address_of_a_store(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if text.startswith("sqlite:///") and len(text) > len("sqlite:///"):
            return value
        urls = [url.strip() for url in text.split(",")]
        if not all(map(database_parts, urls)):
            raise ValueError(
                "it is not an address such as sqlite:///data/bitrix_events.db or"
                " postgresql://user:password@host/database; in a password, signs such as @ / , and"
                " # are written as %40 %2F %2C and %23"
            )
        if len(set(urls)) < len(urls):
            raise ValueError("it names a database twice")
        return SecretStr(",".join(urls))

    @field_validator("oauth_urls", "allowed_hosts", "old_secret_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(filter(None, map(str.strip, value.split(","))))
            if isinstance(value, str)
            else value
        )

    @field_validator("allowed_hosts")
    @classmethod
    def _bare_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """``host`` or ``host:port`` in lower case, from whatever a person has copied."""
        return tuple(map(_bare_host, value))

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < _KEY_CHARACTERS:
            raise ValueError(f"it has to have at least {_KEY_CHARACTERS} characters")
        return value

    @field_validator("admin_token")
    @classmethod
    def _hard_to_guess(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < _ADMIN_TOKEN_CHARACTERS:
            raise ValueError(f"it has to have at least {_ADMIN_TOKEN_CHARACTERS} characters")
        return value

    @field_validator("oauth_urls")
    @classmethod
    def _no_trailing_slash(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("name at least one server")
        if not all(url.startswith(("https://", "http://")) for url in value):
            raise ValueError("each begins with https://")
        return tuple(url.rstrip("/") for url in value)

    @classmethod
    def load(cls, *, complete: bool = True, **options: Any) -> Settings:
        """Read and check all options.

        Args:
            complete: also check that they describe one way to reach portals.

        Raises:
            SettingsError: an option is missing, malformed or contradicts another one.
        """
        try:
            settings = cls(**options)
        except ValidationError as error:
            problem = error.errors(include_input=False, include_url=False)[0]
            name = str(problem["loc"][0]) if problem["loc"] else "?"
            why = problem["msg"].removeprefix("Value error, ")
            raise SettingsError(f"{PREFIX}{name.upper()}: {why}") from None
        if complete:
            settings.check()
        return settings

    def check(self) -> None:
        """Raise `SettingsError` unless the options describe one way to reach portals."""
        webhook = {"WEBHOOK_URL": self.webhook_url, "APPLICATION_TOKEN": self.application_token}
        app = {
            "CLIENT_ID": self.client_id,
            "CLIENT_SECRET": self.client_secret,
            "SECRET_KEY": self.secret_key,
        }
        has_webhook = any(value is not None for value in webhook.values())
        has_app = self.client_id is not None or self.client_secret is not None
        if has_webhook and has_app:
            raise SettingsError(
                f"{_names(n for n, v in {**webhook, **app}.items() if v)} are set together; keep"
                " either the two webhook variables (one portal) or the app's credentials"
            )
        if not has_webhook and not has_app:
            raise SettingsError(
                f"how to reach Bitrix24 is not set: give {_names(webhook)} (one portal, no app),"
                f" or {_names(app)} (an app that portals install)"
            )
        missing = [name for name, value in (webhook if has_webhook else app).items() if not value]
        if missing:
            hint = ""
            if "SECRET_KEY" in missing:
                hint = (
                    '; make one with: python -c "import secrets; print(secrets.token_urlsafe(32))"'
                )
            raise SettingsError(f"{_names(missing)} must be set as well{hint}")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, InitSettingsSource(settings_cls, _secret_files())


def database_parts(url: str) -> SplitResult | None:
    """The parts of the address of a PostgreSQL database; None if it is none, or one of which nobody
    can tell where its password ends."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # it has to be a number
    except ValueError:
        return None
    database = parts.path.removeprefix("/")
    is_plain = (
        database != ""
        and not parts.fragment
        and not set(database) & {"/", "@"}
        and parts.netloc.count("@") <= 1
    )
    return parts if is_plain and parts.scheme in ("postgresql", "postgres") else None


def _name_of(url: str) -> str:
    parts = urlsplit(url)
    credentials, at, place = parts.netloc.rpartition("@")
    user = credentials.partition(":")[0]
    return f"{parts.scheme}://{user}{at}{place}{parts.path}"


def _bare_host(text: str) -> str:
    host = text.lower().rpartition("://")[2].partition("/")[0]
    return host.removesuffix(":80").removesuffix(":443")


def _secret_files() -> dict[str, Any]:
    """Options whose value lies in the file that ``BITRIX_EVENTS_<NAME>_FILE`` names."""
    found = {}
    for name in Settings.model_fields:
        variable = f"{PREFIX}{name.upper()}_FILE"
        path = os.environ.get(variable)
        if path:
            try:
                found[name] = Path(path).read_text("utf-8").strip()
            except (OSError, UnicodeError) as error:
                why = getattr(error, "strerror", None) or "it is no text"
                raise SettingsError(f"{variable}: cannot read {path}: {why}") from None
    return found


def _names(names: Iterator[str] | dict[str, Any] | list[str]) -> str:
    return " and ".join(f"{PREFIX}{name}" for name in names)
