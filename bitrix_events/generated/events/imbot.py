# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.
"""Events of the scope ``imbot``."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from bitrix_events.events.base import Kind, NumberedEvent


class ImBotDeleteData(TypedDict):
    BOT_ID: str
    BOT_CODE: str


class ImAuth(TypedDict):
    access_token: str
    expires: str
    expires_in: str
    scope: str
    domain: str
    server_endpoint: str
    status: str
    client_endpoint: str
    member_id: str
    refresh_token: str
    user_id: str
    client_id: str
    application_token: str


class ImBotBot(TypedDict):
    access_token: str
    expires: str
    expires_in: str
    scope: str
    domain: str
    server_endpoint: str
    status: str
    client_endpoint: str
    member_id: str
    refresh_token: str
    user_id: str
    client_id: str
    application_token: str
    AUTH: ImAuth
    BOT_ID: str
    BOT_CODE: str


class ImBotJoinChatParams(TypedDict):
    CHAT_TYPE: str
    MESSAGE_TYPE: NotRequired[str]
    BOT_ID: NotRequired[str]
    USER_ID: NotRequired[str]
    TO_USER_ID: NotRequired[str]
    FROM_USER_ID: str
    CHAT_ID: NotRequired[str]
    CHAT_AUTHOR_ID: NotRequired[str]
    CHAT_ENTITY_TYPE: NotRequired[str]
    CHAT_ENTITY_ID: NotRequired[str]
    ACCESS_HISTORY: NotRequired[str]
    SILENT_JOIN: NotRequired[str]
    DIALOG_ID: str
    LANGUAGE: str


class ImBotJoinChatUser(TypedDict):
    ID: str
    NAME: str
    FIRST_NAME: str
    LAST_NAME: str
    WORK_POSITION: str
    GENDER: str


class ImBotJoinChatData(TypedDict):
    BOT: NotRequired[dict[str, ImBotBot]]
    PARAMS: ImBotJoinChatParams
    USER: ImBotJoinChatUser


class ImBotMessageAddParams(TypedDict):
    MESSAGE: str
    TEMPLATE_ID: NotRequired[str]
    MESSAGE_TYPE: NotRequired[str]
    FROM_USER_ID: str
    DIALOG_ID: str
    TO_CHAT_ID: NotRequired[str]
    AUTHOR_ID: NotRequired[str]
    SYSTEM: NotRequired[str]
    TO_USER_ID: NotRequired[str]
    CHAT_ID: NotRequired[str]
    CHAT_TITLE: NotRequired[str]
    CHAT_AUTHOR_ID: NotRequired[str]
    CHAT_TYPE: str
    CHAT_AVATAR: NotRequired[str]
    CHAT_COLOR: NotRequired[str]
    CHAT_ENTITY_TYPE: NotRequired[str]
    CHAT_ENTITY_ID: NotRequired[str]
    CHAT_ENTITY_DATA_1: NotRequired[str]
    CHAT_ENTITY_DATA_2: NotRequired[str]
    CHAT_ENTITY_DATA_3: NotRequired[str]
    CHAT_EXTRANET: NotRequired[str]
    CHAT_PREV_MESSAGE_ID: NotRequired[str]
    CHAT_CAN_POST: NotRequired[str]
    RID: NotRequired[str]
    IS_MANAGER: NotRequired[str]
    PUSH: NotRequired[str]
    PUSH_IMPORTANT: NotRequired[str]
    RECENT_SKIP_AUTHOR: NotRequired[str]
    CONVERT: NotRequired[str]
    SKIP_COMMAND: NotRequired[str]
    SKIP_COUNTER_INCREMENTS: NotRequired[str]
    SILENT_CONNECTOR: NotRequired[str]
    SKIP_CONNECTOR: NotRequired[str]
    IMPORTANT_CONNECTOR: NotRequired[str]
    NO_SESSION_OL: NotRequired[str]
    FAKE_RELATION: NotRequired[str]
    SKIP_URL_INDEX: NotRequired[str]
    COMMAND_CONTEXT: NotRequired[str]
    CHAT_USER_COUNT: NotRequired[str]
    MENTIONED_LIST: NotRequired[dict[str, str]]
    PLATFORM_CONTEXT: NotRequired[str]
    MESSAGE_ORIGINAL: NotRequired[str]
    MESSAGE_ID: str
    LANGUAGE: str


class ImBotMessageUser(TypedDict):
    ID: str
    NAME: str
    FIRST_NAME: str
    LAST_NAME: str
    WORK_POSITION: str
    GENDER: str
    IS_BOT: str
    IS_CONNECTOR: str
    IS_NETWORK: str
    IS_EXTRANET: str


class ImBotMessageAddData(TypedDict):
    BOT: NotRequired[dict[str, ImBotBot]]
    PARAMS: ImBotMessageAddParams
    USER: ImBotMessageUser


class ImBotMessageDeleteParams(TypedDict):
    ID: NotRequired[str]
    CHAT_ID: NotRequired[str]
    AUTHOR_ID: NotRequired[str]
    MESSAGE: str
    MESSAGE_TYPE: NotRequired[str]
    CHAT_AUTHOR_ID: NotRequired[str]
    CHAT_ENTITY_TYPE: NotRequired[str]
    CHAT_ENTITY_ID: NotRequired[str]
    CHAT_ENTITY_DATA_1: NotRequired[str]
    CHAT_ENTITY_DATA_2: NotRequired[str]
    CHAT_ENTITY_DATA_3: NotRequired[str]
    DIALOG_ID: str
    MESSAGE_ID: str
    CHAT_TYPE: str
    LANGUAGE: str
    FROM_USER_ID: str
    TO_USER_ID: NotRequired[str]


class ImBotMessageDeleteData(TypedDict):
    BOT: NotRequired[dict[str, ImBotBot]]
    PARAMS: ImBotMessageDeleteParams
    USER: ImBotMessageUser


class ImBotMessageUpdateParams(TypedDict):
    ID: NotRequired[str]
    CHAT_ID: NotRequired[str]
    AUTHOR_ID: NotRequired[str]
    MESSAGE: str
    MESSAGE_TYPE: NotRequired[str]
    CHAT_AUTHOR_ID: NotRequired[str]
    CHAT_ENTITY_TYPE: NotRequired[str]
    CHAT_ENTITY_ID: NotRequired[str]
    CHAT_ENTITY_DATA_1: NotRequired[str]
    CHAT_ENTITY_DATA_2: NotRequired[str]
    CHAT_ENTITY_DATA_3: NotRequired[str]
    FROM_USER_ID: str
    TO_USER_ID: NotRequired[str]
    CHAT_USER_COUNT: NotRequired[str]
    MENTIONED_LIST: NotRequired[dict[str, str]]
    PLATFORM_CONTEXT: NotRequired[str]
    MESSAGE_ORIGINAL: NotRequired[str]
    DIALOG_ID: str
    MESSAGE_ID: str
    CHAT_TYPE: str
    LANGUAGE: str


class ImBotMessageUpdateData(TypedDict):
    BOT: NotRequired[dict[str, ImBotBot]]
    PARAMS: ImBotMessageUpdateParams
    USER: ImBotMessageUser


class ImBotV2Bot(TypedDict):
    id: str
    code: str
    auth: NotRequired[dict[str, Any]]


class ImBotV2CommandAddCommand(TypedDict):
    id: str
    command: str
    params: str
    context: str


class ImBotV2Message(TypedDict):
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


class ImBotV2Chat(TypedDict):
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


class ImBotV2User(TypedDict):
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


class ImBotV2CommandAddData(TypedDict):
    bot: ImBotV2Bot
    command: ImBotV2CommandAddCommand
    message: ImBotV2Message
    chat: ImBotV2Chat
    user: ImBotV2User
    language: str


class ImBotV2ContextGetContext(TypedDict):
    entityId: str
    entityType: str
    source: str


class ImBotV2ContextGetData(TypedDict):
    bot: ImBotV2Bot
    dialogId: str
    context: ImBotV2ContextGetContext
    chat: ImBotV2Chat
    user: ImBotV2User
    language: str


class ImBotV2DeleteData(TypedDict):
    bot: ImBotV2Bot


class ImBotV2JoinChatData(TypedDict):
    bot: ImBotV2Bot
    dialogId: str
    chat: ImBotV2Chat
    user: ImBotV2User
    language: str


class ImBotV2MessageData(TypedDict):
    bot: ImBotV2Bot
    message: ImBotV2Message
    chat: ImBotV2Chat
    user: ImBotV2User
    language: str


class ImBotV2MessageDeleteData(TypedDict):
    bot: ImBotV2Bot
    messageId: str
    chat: ImBotV2Chat
    user: ImBotV2User
    language: str


class ImBotV2ReactionChangeData(TypedDict):
    bot: ImBotV2Bot
    reaction: str
    action: str
    message: ImBotV2Message
    chat: ImBotV2Chat
    user: ImBotV2User
    language: str


class ImCommandAddCommand(TypedDict):
    access_token: str
    expires: str
    expires_in: str
    scope: str
    domain: str
    server_endpoint: str
    status: str
    client_endpoint: str
    member_id: str
    refresh_token: str
    user_id: str
    client_id: str
    application_token: str
    AUTH: ImAuth
    BOT_ID: str
    BOT_CODE: str
    COMMAND: str
    COMMAND_ID: str
    COMMAND_PARAMS: str
    COMMAND_CONTEXT: str
    MESSAGE_ID: str


class ImCommandAddParams(TypedDict):
    MESSAGE: str
    TEMPLATE_ID: NotRequired[str]
    MESSAGE_TYPE: NotRequired[str]
    FROM_USER_ID: str
    DIALOG_ID: str
    TO_CHAT_ID: NotRequired[str]
    AUTHOR_ID: NotRequired[str]
    SYSTEM: NotRequired[str]
    TO_USER_ID: NotRequired[str]
    SKIP_USER_CHECK: NotRequired[str]
    PUSH: NotRequired[str]
    PUSH_IMPORTANT: NotRequired[str]
    RECENT_ADD: NotRequired[str]
    RECENT_SKIP_AUTHOR: NotRequired[str]
    CONVERT: NotRequired[str]
    SKIP_COMMAND: NotRequired[str]
    SKIP_COUNTER_INCREMENTS: NotRequired[str]
    SILENT_CONNECTOR: NotRequired[str]
    SKIP_CONNECTOR: NotRequired[str]
    IMPORTANT_CONNECTOR: NotRequired[str]
    NO_SESSION_OL: NotRequired[str]
    FAKE_RELATION: NotRequired[str]
    SKIP_URL_INDEX: NotRequired[str]
    MESSAGE_ID: str
    CHAT_TYPE: str
    LANGUAGE: str
    CHAT_ID: NotRequired[str]
    CHAT_PARENT_ID: NotRequired[str]
    CHAT_PARENT_MID: NotRequired[str]
    CHAT_TITLE: NotRequired[str]
    CHAT_AUTHOR_ID: NotRequired[str]
    CHAT_AVATAR: NotRequired[str]
    CHAT_COLOR: NotRequired[str]
    CHAT_ENTITY_TYPE: NotRequired[str]
    CHAT_ENTITY_ID: NotRequired[str]
    CHAT_ENTITY_DATA_1: NotRequired[str]
    CHAT_ENTITY_DATA_2: NotRequired[str]
    CHAT_ENTITY_DATA_3: NotRequired[str]
    CHAT_EXTRANET: NotRequired[str]
    CHAT_PREV_MESSAGE_ID: NotRequired[str]
    CHAT_CAN_POST: NotRequired[str]
    RID: NotRequired[str]
    IS_MANAGER: NotRequired[str]
    BOT_IN_CHAT: NotRequired[dict[str, str]]


class ImCommandAddUser(TypedDict):
    ID: str
    NAME: str
    FIRST_NAME: str
    LAST_NAME: str
    GENDER: str


class ImCommandAddData(TypedDict):
    COMMAND: NotRequired[dict[str, ImCommandAddCommand]]
    PARAMS: ImCommandAddParams
    USER: ImCommandAddUser


class OnImBotDelete(NumberedEvent):
    """Id in ``BOT_ID``. Deprecated, in favour of ONIMBOTV2DELETE."""

    scope = "imbot"
    kind = Kind.FACT
    entity_name = "imbot.bot"
    entity_is_gone = True
    id_paths = ("BOT_ID",)
    is_deprecated = True
    replaced_by = ("ONIMBOTV2DELETE",)

    data: ImBotDeleteData


class OnImBotJoinChat(NumberedEvent):
    """Id in ``PARAMS.CHAT_ID``. Deprecated, in favour of ONIMBOTV2JOINCHAT."""

    scope = "imbot"
    entity_name = "imbot.chat"
    id_paths = ("PARAMS.CHAT_ID",)
    is_deprecated = True
    replaced_by = ("ONIMBOTV2JOINCHAT",)

    data: ImBotJoinChatData


class OnImBotMessageAdd(NumberedEvent):
    """Id in ``PARAMS.MESSAGE_ID``. Deprecated, in favour of ONIMBOTV2MESSAGEADD."""

    scope = "imbot"
    kind = Kind.FACT
    entity_name = "imbot.message"
    id_paths = ("PARAMS.MESSAGE_ID",)
    told_apart_by = ("BOT{}",)
    is_deprecated = True
    replaced_by = ("ONIMBOTV2MESSAGEADD",)

    data: ImBotMessageAddData


class OnImBotMessageDelete(NumberedEvent):
    """Id in ``PARAMS.MESSAGE_ID``. Deprecated, in favour of ONIMBOTV2MESSAGEDELETE."""

    scope = "imbot"
    kind = Kind.FACT
    entity_name = "imbot.message"
    entity_is_gone = True
    id_paths = ("PARAMS.MESSAGE_ID",)
    told_apart_by = ("BOT{}",)
    is_deprecated = True
    replaced_by = ("ONIMBOTV2MESSAGEDELETE",)

    data: ImBotMessageDeleteData


class OnImBotMessageUpdate(NumberedEvent):
    """Id in ``PARAMS.MESSAGE_ID``. Deprecated, in favour of ONIMBOTV2MESSAGEUPDATE."""

    scope = "imbot"
    entity_name = "imbot.message"
    id_paths = ("PARAMS.MESSAGE_ID",)
    is_deprecated = True
    replaced_by = ("ONIMBOTV2MESSAGEUPDATE",)

    data: ImBotMessageUpdateData


class OnImBotV2CommandAdd(NumberedEvent):
    """Id in ``command.id``."""

    scope = "imbot"
    entity_name = "imbot.v2.command"
    id_paths = ("command.id",)
    key_paths = ("message.id",)

    data: ImBotV2CommandAddData


class OnImBotV2ContextGet(NumberedEvent):
    """Id in ``chat.id``."""

    scope = "imbot"
    entity_name = "imbot.v2.chat"
    id_paths = ("chat.id",)

    data: ImBotV2ContextGetData


class OnImBotV2Delete(NumberedEvent):
    """Id in ``bot.id``."""

    scope = "imbot"
    kind = Kind.FACT
    entity_name = "imbot.v2.bot"
    entity_is_gone = True
    id_paths = ("bot.id",)

    data: ImBotV2DeleteData


class OnImBotV2JoinChat(NumberedEvent):
    """Id in ``chat.id``."""

    scope = "imbot"
    entity_name = "imbot.v2.chat"
    id_paths = ("chat.id",)

    data: ImBotV2JoinChatData


class OnImBotV2MessageAdd(NumberedEvent):
    """Id in ``message.id``."""

    scope = "imbot"
    kind = Kind.FACT
    entity_name = "imbot.v2.message"
    id_paths = ("message.id",)
    told_apart_by = ("bot.id",)

    data: ImBotV2MessageData


class OnImBotV2MessageDelete(NumberedEvent):
    """Id in ``messageId``."""

    scope = "imbot"
    kind = Kind.FACT
    entity_name = "imbot.v2.message"
    entity_is_gone = True
    id_paths = ("messageId",)
    told_apart_by = ("bot.id",)

    data: ImBotV2MessageDeleteData


class OnImBotV2MessageUpdate(NumberedEvent):
    """Id in ``message.id``."""

    scope = "imbot"
    entity_name = "imbot.v2.message"
    id_paths = ("message.id",)

    data: ImBotV2MessageData


class OnImBotV2ReactionChange(NumberedEvent):
    """Id in ``message.id``."""

    scope = "imbot"
    entity_name = "imbot.v2.message"
    id_paths = ("message.id",)

    data: ImBotV2ReactionChangeData


class OnImCommandAdd(NumberedEvent):
    """Id in ``PARAMS.MESSAGE_ID``. Deprecated, in favour of ONIMBOTV2COMMANDADD."""

    scope = "imbot"
    entity_name = "imbot.command"
    id_paths = ("PARAMS.MESSAGE_ID",)
    is_deprecated = True
    replaced_by = ("ONIMBOTV2COMMANDADD",)

    data: ImCommandAddData
