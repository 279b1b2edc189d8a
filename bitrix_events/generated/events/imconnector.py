# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.
"""Events of the scope ``imconnector``."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from bitrix_events.events.base import BundleEvent, Event, Kind, NumberedEvent


class ImConnectorDialogItemConnector(TypedDict):
    connector_id: str
    line_id: str
    chat_id: str
    user_id: str


class ImConnectorDialogItemSession(TypedDict):
    id: str
    closed: str
    parent_id: str
    close_term: str


class ImConnectorItemChat(TypedDict):
    id: str


class ImConnectorDialogItem(TypedDict):
    connector: ImConnectorDialogItemConnector
    session: ImConnectorDialogItemSession
    chat: ImConnectorItemChat
    user: ImConnectorItemChat


class ImConnectorDialogData(TypedDict):
    CONNECTOR: str
    LINE: str
    DATA: list[ImConnectorDialogItem]


class ImConnectorMessageMessageIm(TypedDict):
    chat_id: str
    message_id: str


class ImConnectorMessageAddMessageMessage(TypedDict):
    user_id: str
    text: str


class ImConnectorMessageAddMessage(TypedDict):
    im: ImConnectorMessageMessageIm
    message: ImConnectorMessageAddMessageMessage
    chat: ImConnectorItemChat


class ImConnectorMessageAddData(TypedDict):
    CONNECTOR: str
    LINE: str
    MESSAGES: list[ImConnectorMessageAddMessage]


class ImConnectorMessageDeleteMessage(TypedDict):
    im: ImConnectorMessageMessageIm
    message: ImConnectorItemChat
    chat: ImConnectorItemChat


class ImConnectorMessageDeleteData(TypedDict):
    CONNECTOR: str
    LINE: str
    MESSAGES: list[ImConnectorMessageDeleteMessage]


class ImConnectorMessageUpdateMessageMessage(TypedDict):
    id: NotRequired[list[str]]
    text: str


class ImConnectorMessageUpdateMessage(TypedDict):
    im: ImConnectorMessageMessageIm
    message: ImConnectorMessageUpdateMessageMessage
    chat: ImConnectorItemChat


class ImConnectorMessageUpdateData(TypedDict):
    CONNECTOR: str
    LINE: str
    MESSAGES: list[ImConnectorMessageUpdateMessage]


class ImConnectorStatusDeleteData(TypedDict):
    connector: str
    line: str


class OnImConnectorDialogFinish(BundleEvent):
    """Id in ``DATA[].session.id``."""

    scope = "imconnector"
    entity_name = "imconnector.dialog"
    ids_path = "DATA[].session.id"
    in_webhooks = False

    data: ImConnectorDialogData


class OnImConnectorDialogStart(BundleEvent):
    """Id in ``DATA[].session.id``."""

    scope = "imconnector"
    entity_name = "imconnector.dialog"
    ids_path = "DATA[].session.id"
    in_webhooks = False

    data: ImConnectorDialogData


class OnImConnectorLineDelete(NumberedEvent):
    """The data is the id."""

    scope = "imconnector"
    kind = Kind.FACT
    entity_name = "imconnector.line"
    entity_is_gone = True
    id_paths = ("",)
    in_webhooks = False

    data: str


class OnImConnectorMessageAdd(BundleEvent):
    """Id in ``MESSAGES[].im.message_id``."""

    scope = "imconnector"
    kind = Kind.FACT
    entity_name = "imconnector.message"
    ids_path = "MESSAGES[].im.message_id"
    told_apart_by = ("CONNECTOR", "LINE")
    in_webhooks = False

    data: ImConnectorMessageAddData


class OnImConnectorMessageDelete(BundleEvent):
    """Id in ``MESSAGES[].im.message_id``."""

    scope = "imconnector"
    kind = Kind.FACT
    entity_name = "imconnector.message"
    entity_is_gone = True
    ids_path = "MESSAGES[].im.message_id"
    told_apart_by = ("CONNECTOR", "LINE")
    in_webhooks = False

    data: ImConnectorMessageDeleteData


class OnImConnectorMessageUpdate(BundleEvent):
    """Id in ``MESSAGES[].im.message_id``."""

    scope = "imconnector"
    entity_name = "imconnector.message"
    ids_path = "MESSAGES[].im.message_id"
    in_webhooks = False

    data: ImConnectorMessageUpdateData


class OnImConnectorStatusDelete(Event):
    """About ``connector``, ``line``."""

    scope = "imconnector"
    entity_name = "imconnector.status"
    entity_is_gone = True
    key_paths = ("connector", "line")
    in_webhooks = False

    data: ImConnectorStatusDeleteData
