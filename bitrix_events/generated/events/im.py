# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.
"""Events of the scope ``im``."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from bitrix_events.events.base import NumberedEvent


class ImV2Chat(TypedDict):
    id: str
    dialogId: str
    name: str
    type: str
    messageType: str
    owner: str
    color: NotRequired[str]
    avatar: str
    description: str
    extranet: str
    containsCollaber: str
    entityType: str
    entityId: str
    entityData1: str
    entityData2: str
    entityData3: str
    entityLink: NotRequired[dict[str, Any]]
    diskFolderId: NotRequired[str]
    permissions: NotRequired[dict[str, Any]]
    parentChatId: NotRequired[str]
    parentMessageId: NotRequired[str]
    isNew: str
    textFieldEnabled: str
    backgroundId: NotRequired[str]


class ImV2User(TypedDict):
    id: str
    active: str
    name: str
    firstName: str
    lastName: str
    workPosition: str
    color: str
    avatar: str
    gender: str
    birthday: str
    extranet: str
    bot: str
    connector: str
    externalAuthId: str
    status: str
    idle: str
    lastActivityDate: str
    mobileLastDate: str
    desktopLastDate: str
    absent: str
    departments: NotRequired[list[str]]
    phones: NotRequired[dict[str, Any] | str]
    type: str
    website: str
    email: str


class ImV2JoinChatData(TypedDict):
    dialogId: str
    chat: ImV2Chat
    user: ImV2User
    language: str


class ImV2Message(TypedDict):
    id: str
    chatId: str
    authorId: str
    date: NotRequired[str]
    text: str
    isSystem: str
    uuid: str
    forward: NotRequired[dict[str, Any] | str]
    params: NotRequired[dict[str, Any]]
    viewedByOthers: str


class ImV2MessageData(TypedDict):
    message: ImV2Message
    chat: ImV2Chat
    user: ImV2User
    language: str


class ImV2MessageDeleteData(TypedDict):
    messageId: str
    chat: ImV2Chat
    user: ImV2User
    language: str


class ImV2ReactionChangeData(TypedDict):
    reaction: str
    action: str
    message: ImV2Message
    chat: ImV2Chat
    user: ImV2User
    language: str


class OnImV2JoinChat(NumberedEvent):
    """Id in ``chat.id``."""

    scope = "im"
    entity_name = "im.v2.chat"
    id_paths = ("chat.id",)

    data: ImV2JoinChatData


class OnImV2MessageAdd(NumberedEvent):
    """Id in ``message.id``."""

    scope = "im"
    entity_name = "im.v2.message"
    id_paths = ("message.id",)

    data: ImV2MessageData


class OnImV2MessageDelete(NumberedEvent):
    """Id in ``messageId``."""

    scope = "im"
    entity_name = "im.v2.message"
    entity_is_gone = True
    id_paths = ("messageId",)

    data: ImV2MessageDeleteData


class OnImV2MessageUpdate(NumberedEvent):
    """Id in ``message.id``."""

    scope = "im"
    entity_name = "im.v2.message"
    id_paths = ("message.id",)

    data: ImV2MessageData


class OnImV2ReactionChange(NumberedEvent):
    """Id in ``message.id``."""

    scope = "im"
    entity_name = "im.v2.message"
    id_paths = ("message.id",)

    data: ImV2ReactionChangeData
