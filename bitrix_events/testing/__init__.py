"""Test an app without a portal: `FakePortal` stands in for Bitrix24 and its OAuth server."""

from __future__ import annotations

from bitrix_events.testing.apptest import AppTest, HandlerFailed, SyncAppTest
from bitrix_events.testing.factory import event
from bitrix_events.testing.faults import Fault, Obstacle, Reply
from bitrix_events.testing.limits import Latency, Limits, Operating
from bitrix_events.testing.methods import Answer, Habit
from bitrix_events.testing.oauth import TokenPair
from bitrix_events.testing.oauth_front import OAuthCall, OAuthFault
from bitrix_events.testing.portal import FakePortal
from bitrix_events.testing.rest import Call
from bitrix_events.testing.sender import Binding, Sent
from bitrix_events.testing.staging import Failure

__all__ = [
    "Answer",
    "AppTest",
    "Binding",
    "Call",
    "Failure",
    "FakePortal",
    "Fault",
    "Habit",
    "HandlerFailed",
    "Latency",
    "Limits",
    "OAuthCall",
    "OAuthFault",
    "Obstacle",
    "Operating",
    "Reply",
    "Sent",
    "SyncAppTest",
    "TokenPair",
    "event",
]
