# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.
"""Events of the scope ``imopenlines``."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from bitrix_events.events.base import BundleEvent, Kind


class ImopenlinesItemConnector(TypedDict):
    connector_id: str
    line_id: str
    chat_id: str
    user_id: str


class ImopenlinesItem(TypedDict):
    id: str


class OpenLineMessageAddItemMessage(TypedDict):
    id: str
    date: str
    text: str
    files: NotRequired[list[Any]]
    attach: str
    system: str
    user_id: str


class OpenLineMessageAddItemExtra(TypedDict):
    EXTRA_URL: str


class OpenLineMessageAddItem(TypedDict):
    connector: ImopenlinesItemConnector
    chat: ImopenlinesItem
    message: OpenLineMessageAddItemMessage
    ref: NotRequired[list[Any]]
    extra: OpenLineMessageAddItemExtra


class OpenLineMessageAddData(TypedDict):
    DATA: list[OpenLineMessageAddItem]


class OpenLineMessageItemIm(TypedDict):
    chat_id: str
    message_id: str


class OpenLineMessageItem(TypedDict):
    im: OpenLineMessageItemIm
    message: ImopenlinesItem
    chat: ImopenlinesItem


class OpenLineMessageData(TypedDict):
    CONNECTOR: str
    LINE: str
    DATA: list[OpenLineMessageItem]


class SessionItemSession(TypedDict):
    id: str
    closed: str
    parent_id: str
    close_term: str


class SessionItem(TypedDict):
    connector: ImopenlinesItemConnector
    session: SessionItemSession
    chat: ImopenlinesItem
    user: ImopenlinesItem


class SessionData(TypedDict):
    DATA: list[SessionItem]


class OnOpenLineMessageAdd(BundleEvent):
    """Id in ``DATA[].message.id``."""

    scope = "imopenlines"
    kind = Kind.FACT
    entity_name = "imopenlines.message"
    ids_path = "DATA[].message.id"
    in_webhooks = False

    data: OpenLineMessageAddData


class OnOpenLineMessageDelete(BundleEvent):
    """Id in ``DATA[].message.id``."""

    scope = "imopenlines"
    kind = Kind.FACT
    entity_name = "imopenlines.message"
    entity_is_gone = True
    ids_path = "DATA[].message.id"
    told_apart_by = ("CONNECTOR", "LINE", "DATA[].im.message_id")
    in_webhooks = False

    data: OpenLineMessageData


class OnOpenLineMessageUpdate(BundleEvent):
    """Id in ``DATA[].message.id``."""

    scope = "imopenlines"
    entity_name = "imopenlines.message"
    ids_path = "DATA[].message.id"
    in_webhooks = False

    data: OpenLineMessageData


class OnSessionFinish(BundleEvent):
    """Id in ``DATA[].session.id``."""

    scope = "imopenlines"
    entity_name = "imopenlines.session"
    ids_path = "DATA[].session.id"
    in_webhooks = False

    data: SessionData


class OnSessionStart(BundleEvent):
    """Id in ``DATA[].session.id``."""

    scope = "imopenlines"
    entity_name = "imopenlines.session"
    ids_path = "DATA[].session.id"
    in_webhooks = False

    data: SessionData
