"""bitrix_events: apps that react to Bitrix24."""

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

__all__ = [
    "ENTERPRISE",
    "STANDARD",
    "UNLIMITED",
    "AccessDenied",
    "AnswerTooLarge",
    "App",
    "AppInfo",
    "AppStatus",
    "BatchError",
    "BitrixEventsError",
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
