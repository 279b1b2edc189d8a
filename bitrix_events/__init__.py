"""bitrix_events: apps that react to Bitrix24."""

from bitrix_events import signals
from bitrix_events.app import App
from bitrix_events.errors import (
    AccessDenied,
    BatchError,
    BitrixEventsError,
    HandlerSignatureError,
    IncompleteList,
    InstallationGone,
    NotFound,
    OperationTimeLimit,
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
from bitrix_events.rest.client import Client
from bitrix_events.rest.responses import Response
from bitrix_events.rest.sync import SyncClient
from bitrix_events.routing.inject import Depends
from bitrix_events.routing.retry import Drop, GiveUp, RetryLater, RetryPolicy
from bitrix_events.routing.router import Router
from bitrix_events.settings import Settings
from bitrix_events.signals import OAuthTokenRenewed, PortalDomainChanged
from bitrix_events.store.records import Delivery

__all__ = [
    "AccessDenied",
    "App",
    "BatchError",
    "BitrixEventsError",
    "Client",
    "Delivery",
    "Depends",
    "Drop",
    "Entity",
    "Event",
    "GiveUp",
    "HandlerSignatureError",
    "IncompleteList",
    "InstallationGone",
    "NotFound",
    "OAuthTokenRenewed",
    "OperationTimeLimit",
    "Portal",
    "PortalDomainChanged",
    "PortalMoved",
    "PortalUnreachable",
    "RateLimited",
    "Response",
    "RestError",
    "RetryLater",
    "RetryPolicy",
    "Router",
    "Settings",
    "SettingsError",
    "StoreError",
    "SyncClient",
    "TokenExpired",
    "signals",
]
