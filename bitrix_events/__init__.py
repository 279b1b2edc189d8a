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
)
from bitrix_events.events import Entity, Event
from bitrix_events.portals.portal import Portal
from bitrix_events.rest.batch import Ref
from bitrix_events.rest.client import Client
from bitrix_events.rest.options import Options, Timeouts
from bitrix_events.rest.pace import ENTERPRISE, STANDARD, UNLIMITED, Limits
from bitrix_events.rest.parameters import File
from bitrix_events.rest.responses import Response
from bitrix_events.rest.sync import SyncClient
from bitrix_events.routing.inject import Depends
from bitrix_events.routing.retry import Drop, GiveUp, RetryLater, RetryPolicy
from bitrix_events.routing.router import Router
from bitrix_events.settings import Settings
from bitrix_events.signals import OAuthTokenRenewed, PortalDomainChanged
from bitrix_events.store.records import Delivery

__all__ = [
    "ENTERPRISE",
    "STANDARD",
    "UNLIMITED",
    "AccessDenied",
    "AnswerTooLarge",
    "App",
    "BatchError",
    "BitrixEventsError",
    "Client",
    "ConfirmationPending",
    "Delivery",
    "Depends",
    "Drop",
    "Entity",
    "Event",
    "File",
    "GiveUp",
    "HandlerSignatureError",
    "IncompleteList",
    "InstallationGone",
    "InvalidRequest",
    "Limits",
    "MethodNotFound",
    "NotExecuted",
    "NotFound",
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
    "Settings",
    "SettingsError",
    "StoreError",
    "SyncClient",
    "Timeouts",
    "TokenExpired",
    "signals",
]
