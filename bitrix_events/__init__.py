"""bitrix_events: apps that react to Bitrix24.

A name is imported from its module when somebody asks for it: who only wants a `Client` need not
wait for the store and the engine.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from bitrix_events import signals
    from bitrix_events.app import App
    from bitrix_events.errors import (
        AccessDenied,
        AnswerTooLarge,
        BatchError,
        BitrixEventsError,
        ConfirmationPending,
        HandlerSignatureError,
        IncompleteList,
        InstallationGone,
        InvalidRequest,
        MethodNotFound,
        NotExecuted,
        NotFound,
        OAuthError,
        OperationTimeLimit,
        OutcomeUnknown,
        PortalBlocked,
        PortalFault,
        PortalMoved,
        PortalUnreachable,
        RateLimited,
        RestError,
        SettingsError,
        StoreError,
        TokenExpired,
        TransportError,
        VerificationError,
    )
    from bitrix_events.events import Entity, Event
    from bitrix_events.portals.oauth import AppInfo, AppStatus
    from bitrix_events.portals.oauth_app import OAuthApp
    from bitrix_events.portals.portal import Portal
    from bitrix_events.rest.batch import Ref
    from bitrix_events.rest.client import Client
    from bitrix_events.rest.options import Options, Timeouts
    from bitrix_events.rest.pace import ENTERPRISE, STANDARD, UNLIMITED, Limits
    from bitrix_events.rest.parameters import File
    from bitrix_events.rest.responses import Response
    from bitrix_events.rest.sync import SyncClient
    from bitrix_events.rest.user import UserClient
    from bitrix_events.routing.changes import UNKNOWN, Change, Changes
    from bitrix_events.routing.inject import Depends
    from bitrix_events.routing.retry import Drop, GiveUp, RetryLater, RetryPolicy
    from bitrix_events.routing.router import Router
    from bitrix_events.settings import Settings
    from bitrix_events.signals import (
        DeadLettered,
        ExecutionFailed,
        OAuthTokenRenewed,
        PortalDomainChanged,
    )
    from bitrix_events.store.base import Installations
    from bitrix_events.store.document import dump_installation, load_installation
    from bitrix_events.store.memory import MemoryInstallations
    from bitrix_events.store.records import Delivery, Installation, InstallationState, Tokens
    from bitrix_events.store.secrets import Sealer

_HOMES: Final = {
    "app": ("App",),
    "errors": (
        "AccessDenied",
        "AnswerTooLarge",
        "BatchError",
        "BitrixEventsError",
        "ConfirmationPending",
        "HandlerSignatureError",
        "IncompleteList",
        "InstallationGone",
        "InvalidRequest",
        "MethodNotFound",
        "NotExecuted",
        "NotFound",
        "OAuthError",
        "OperationTimeLimit",
        "OutcomeUnknown",
        "PortalBlocked",
        "PortalFault",
        "PortalMoved",
        "PortalUnreachable",
        "RateLimited",
        "RestError",
        "SettingsError",
        "StoreError",
        "TokenExpired",
        "TransportError",
        "VerificationError",
    ),
    "events": (
        "Entity",
        "Event",
    ),
    "portals.oauth": (
        "AppInfo",
        "AppStatus",
    ),
    "portals.oauth_app": ("OAuthApp",),
    "portals.portal": ("Portal",),
    "rest.batch": ("Ref",),
    "rest.client": ("Client",),
    "rest.options": (
        "Options",
        "Timeouts",
    ),
    "rest.pace": (
        "ENTERPRISE",
        "STANDARD",
        "UNLIMITED",
        "Limits",
    ),
    "rest.parameters": ("File",),
    "rest.responses": ("Response",),
    "rest.sync": ("SyncClient",),
    "rest.user": ("UserClient",),
    "routing.changes": (
        "UNKNOWN",
        "Change",
        "Changes",
    ),
    "routing.inject": ("Depends",),
    "routing.retry": (
        "Drop",
        "GiveUp",
        "RetryLater",
        "RetryPolicy",
    ),
    "routing.router": ("Router",),
    "settings": ("Settings",),
    "signals": (
        "DeadLettered",
        "ExecutionFailed",
        "OAuthTokenRenewed",
        "PortalDomainChanged",
    ),
    "store.base": ("Installations",),
    "store.document": (
        "dump_installation",
        "load_installation",
    ),
    "store.memory": ("MemoryInstallations",),
    "store.records": (
        "Delivery",
        "Installation",
        "InstallationState",
        "Tokens",
    ),
    "store.secrets": ("Sealer",),
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}


if not TYPE_CHECKING:  # which would take every name for one that exists

    def __getattr__(name: str) -> Any:
        if name == "signals":
            return import_module("bitrix_events.signals")
        home = _HOME_OF.get(name)
        if home is None:
            raise AttributeError(f"module 'bitrix_events' has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(f"bitrix_events.{home}"), name)
        return found


def __dir__() -> list[str]:
    return sorted(globals() | _HOME_OF)


__all__ = [
    "ENTERPRISE",
    "STANDARD",
    "UNKNOWN",
    "UNLIMITED",
    "AccessDenied",
    "AnswerTooLarge",
    "App",
    "AppInfo",
    "AppStatus",
    "BatchError",
    "BitrixEventsError",
    "Change",
    "Changes",
    "Client",
    "ConfirmationPending",
    "DeadLettered",
    "Delivery",
    "Depends",
    "Drop",
    "Entity",
    "Event",
    "ExecutionFailed",
    "File",
    "GiveUp",
    "HandlerSignatureError",
    "IncompleteList",
    "Installation",
    "InstallationGone",
    "InstallationState",
    "Installations",
    "InvalidRequest",
    "Limits",
    "MemoryInstallations",
    "MethodNotFound",
    "NotExecuted",
    "NotFound",
    "OAuthApp",
    "OAuthError",
    "OAuthTokenRenewed",
    "OperationTimeLimit",
    "Options",
    "OutcomeUnknown",
    "Portal",
    "PortalBlocked",
    "PortalDomainChanged",
    "PortalFault",
    "PortalMoved",
    "PortalUnreachable",
    "RateLimited",
    "Ref",
    "Response",
    "RestError",
    "RetryLater",
    "RetryPolicy",
    "Router",
    "Sealer",
    "Settings",
    "SettingsError",
    "StoreError",
    "SyncClient",
    "Timeouts",
    "TokenExpired",
    "Tokens",
    "TransportError",
    "UserClient",
    "VerificationError",
    "dump_installation",
    "load_installation",
    "signals",
]
