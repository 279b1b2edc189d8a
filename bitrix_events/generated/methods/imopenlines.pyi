# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import C, R, V

class Imopenlines(Generic[C, R, V]):
    """``imopenlines``"""

    bot: ImopenlinesBot[C, R, V]
    config: ImopenlinesConfig[C, R, V]
    crm: ImopenlinesCrm[C, R, V]
    dialog: ImopenlinesDialog[C, R, V]
    message: ImopenlinesMessage[C, R, V]
    network: ImopenlinesNetwork[C, R, V]
    operator: ImopenlinesOperator[C, R, V]
    revision: ImopenlinesRevision[C, R, V]
    session: ImopenlinesSession[C, R, V]

class ImopenlinesBot(Generic[C, R, V]):
    """``imopenlines.bot``"""

    session: ImopenlinesBotSession[C, R, V]

class ImopenlinesBotSession(Generic[C, R, V]):
    """``imopenlines.bot.session``"""

    message: ImopenlinesBotSessionMessage[C, R, V]

    def finish(self, *, CHAT_ID: int, CLIENT_ID: str = ...) -> C:
        """Scope: imopenlines or imbot."""

    def operator(self, *, CHAT_ID: int) -> C:
        """Scope: imopenlines or imbot."""

    def transfer(
        self,
        *,
        CHAT_ID: int,
        USER_ID: int = ...,
        QUEUE_ID: int = ...,
        TRANSFER_ID: str | int = ...,
        LEAVE: Literal["Y", "N"] = ...,
        CLIENT_ID: str = ...,
    ) -> C:
        """Scope: imopenlines or imbot."""

class ImopenlinesBotSessionMessage(Generic[C, R, V]):
    """``imopenlines.bot.session.message``"""

    def send(
        self,
        *,
        CHAT_ID: int,
        NAME: Literal["WELCOME", "DEFAULT"] = ...,
        MESSAGE: str = ...,
    ) -> C:
        """Scope: imopenlines or imbot."""

class ImopenlinesConfig(Generic[C, R, V]):
    """``imopenlines.config``"""

    list: ImopenlinesConfigList[C, R, V]
    path: ImopenlinesConfigPath[C, R, V]

    def add(self, *, PARAMS: Mapping[str, Any] = ...) -> C:
        """Scope: imopenlines.

        PARAMS: LINE_NAME, ACTIVE, QUEUE, QUEUE_TYPE, QUEUE_TIME, NO_ANSWER_TIME, WELCOME_MESSAGE,
          WELCOME_MESSAGE_TEXT, WORKTIME_ENABLE, WORKTIME_FROM, WORKTIME_TO, WORKTIME_TIMEZONE,
          CRM, CRM_CREATE, VOTE_MESSAGE, LANGUAGE_ID, CRM_CREATE_SECOND, CRM_CREATE_THIRD,
          CRM_CHAT_TRACKER, CRM_FORWARD, CRM_TRANSFER_CHANGE, CRM_SOURCE, MAX_CHAT, TYPE_MAX_CHAT,
          CATEGORY_ENABLE, CATEGORY_ID, SESSION_PRIORITY, WELCOME_BOT_ENABLE, WELCOME_BOT_JOIN,
          WELCOME_BOT_ID, WELCOME_BOT_TIME, WELCOME_BOT_LEFT, CHECK_AVAILABLE, WATCH_TYPING,
          SEND_WELCOME_EACH_SESSION, OPERATOR_DATA, DEFAULT_OPERATOR_DATA, NO_ANSWER_RULE,
          NO_ANSWER_FORM_ID, NO_ANSWER_BOT_ID, NO_ANSWER_TEXT, WORKTIME_DAYOFF, WORKTIME_HOLIDAYS,
          WORKTIME_DAYOFF_RULE, WORKTIME_DAYOFF_FORM_ID, WORKTIME_DAYOFF_BOT_ID,
          WORKTIME_DAYOFF_TEXT, CLOSE_RULE, CLOSE_FORM_ID, CLOSE_BOT_ID, CLOSE_TEXT,
          VOTE_TIME_LIMIT, VOTE_CLOSING_DELAY, VOTE_BEFORE_FINISH, VOTE_MESSAGE_1_TEXT,
          VOTE_MESSAGE_1_LIKE, VOTE_MESSAGE_1_DISLIKE, VOTE_MESSAGE_2_TEXT, VOTE_MESSAGE_2_LIKE,
          VOTE_MESSAGE_2_DISLIKE, AUTO_CLOSE_RULE, FULL_CLOSE_TIME, AUTO_CLOSE_TIME,
          AUTO_CLOSE_FORM_ID, AUTO_CLOSE_BOT_ID, AUTO_CLOSE_TEXT, AUTO_EXPIRE_TIME, TEMPORARY,
          QUICK_ANSWERS_IBLOCK_ID, KPI_FIRST_ANSWER_TIME, KPI_FIRST_ANSWER_ALERT,
          KPI_FIRST_ANSWER_LIST, KPI_FIRST_ANSWER_TEXT, KPI_FURTHER_ANSWER_TIME,
          KPI_FURTHER_ANSWER_ALERT, KPI_FURTHER_ANSWER_LIST, KPI_FURTHER_ANSWER_TEXT,
          KPI_CHECK_OPERATOR_ACTIVITY, USE_WELCOME_FORM, WELCOME_FORM_ID, WELCOME_FORM_DELAY,
          CONFIRM_CLOSE, IGNORE_WELCOME_FORM_RESPONSIBLE.
        """

    def delete(self, *, CONFIG_ID: int) -> C:
        """Scope: imopenlines."""

    def get(
        self,
        *,
        CONFIG_ID: int,
        WITH_QUEUE: Literal["Y", "N"] = ...,
        SHOW_OFFLINE: Literal["Y", "N"] = ...,
    ) -> C:
        """Scope: imopenlines."""

    def update(self, *, CONFIG_ID: int, PARAMS: Mapping[str, Any] = ...) -> C:
        """Scope: imopenlines."""

class ImopenlinesConfigList(Generic[C, R, V]):
    """``imopenlines.config.list``"""

    def get(self, *, PARAMS: Mapping[str, Any] = ..., OPTIONS: Mapping[str, Any] = ...) -> R:
        """Scope: imopenlines.

        PARAMS: select, order, filter, limit, offset.
        OPTIONS: QUEUE, CONFIG_QUEUE, CHECK_PERMISSION.
        """

class ImopenlinesConfigPath(Generic[C, R, V]):
    """``imopenlines.config.path``"""

    def get(self) -> C:
        """Scope: imopenlines."""

class ImopenlinesCrm(Generic[C, R, V]):
    """``imopenlines.crm``"""

    chat: ImopenlinesCrmChat[C, R, V]
    lead: ImopenlinesCrmLead[C, R, V]
    message: ImopenlinesCrmMessage[C, R, V]

class ImopenlinesCrmChat(Generic[C, R, V]):
    """``imopenlines.crm.chat``"""

    user: ImopenlinesCrmChatUser[C, R, V]

    def get(
        self,
        *,
        CRM_ENTITY_TYPE: Literal["lead", "deal", "company", "contact"],
        CRM_ENTITY: int,
        ACTIVE_ONLY: Literal["Y", "N"] = ...,
    ) -> R:
        """Scope: imopenlines."""

    def getLastId(
        self,
        *,
        CRM_ENTITY_TYPE: Literal["lead", "deal", "company", "contact"],
        CRM_ENTITY: int,
    ) -> C:
        """Scope: imopenlines."""

class ImopenlinesCrmChatUser(Generic[C, R, V]):
    """``imopenlines.crm.chat.user``"""

    def add(
        self,
        *,
        CRM_ENTITY_TYPE: Literal["lead", "deal", "company", "contact"],
        CRM_ENTITY: int,
        USER_ID: int,
        CHAT_ID: int = ...,
    ) -> C:
        """Scope: imopenlines."""

    def delete(
        self,
        *,
        CRM_ENTITY_TYPE: Literal["lead", "deal", "company", "contact"],
        CRM_ENTITY: int,
        USER_ID: int,
        CHAT_ID: int = ...,
    ) -> C:
        """Scope: imopenlines."""

class ImopenlinesCrmLead(Generic[C, R, V]):
    """``imopenlines.crm.lead``"""

    def create(self, *, CHAT_ID: int) -> C:
        """Scope: imopenlines."""

class ImopenlinesCrmMessage(Generic[C, R, V]):
    """``imopenlines.crm.message``"""

    def add(
        self,
        *,
        CRM_ENTITY_TYPE: str,
        CRM_ENTITY: int,
        USER_ID: int,
        CHAT_ID: int,
        MESSAGE: str,
    ) -> C:
        """Scope: imopenlines."""

class ImopenlinesDialog(Generic[C, R, V]):
    """``imopenlines.dialog``"""

    def get(
        self,
        *,
        CHAT_ID: int = ...,
        DIALOG_ID: str = ...,
        SESSION_ID: int = ...,
        USER_CODE: str = ...,
    ) -> C:
        """Scope: imopenlines."""

class ImopenlinesMessage(Generic[C, R, V]):
    """``imopenlines.message``"""

    quick: ImopenlinesMessageQuick[C, R, V]
    session: ImopenlinesMessageSession[C, R, V]

class ImopenlinesMessageQuick(Generic[C, R, V]):
    """``imopenlines.message.quick``"""

    def save(self, *, CHAT_ID: int, MESSAGE_ID: int) -> C:
        """Scope: imopenlines."""

class ImopenlinesMessageSession(Generic[C, R, V]):
    """``imopenlines.message.session``"""

    def start(self, *, CHAT_ID: int, MESSAGE_ID: int) -> C:
        """Scope: imopenlines."""

class ImopenlinesNetwork(Generic[C, R, V]):
    """``imopenlines.network``"""

    message: ImopenlinesNetworkMessage[C, R, V]

    def join(self, *, CODE: str) -> C:
        """Scope: imopenlines."""

class ImopenlinesNetworkMessage(Generic[C, R, V]):
    """``imopenlines.network.message``"""

    def add(
        self,
        *,
        CODE: str,
        USER_ID: int,
        MESSAGE: str,
        ATTACH: Mapping[str, Any] = ...,
        KEYBOARD: Mapping[str, Any] = ...,
        URL_PREVIEW: str = ...,
    ) -> C:
        """Scope: imopenlines."""

class ImopenlinesOperator(Generic[C, R, V]):
    """``imopenlines.operator``"""

    another: ImopenlinesOperatorAnother[C, R, V]

    def answer(self, *, CHAT_ID: int) -> C:
        """Scope: imopenlines."""

    def finish(self, *, CHAT_ID: int) -> C:
        """Scope: imopenlines."""

    def skip(self, *, CHAT_ID: int) -> C:
        """Scope: imopenlines."""

    def spam(self, *, CHAT_ID: int) -> C:
        """Scope: imopenlines."""

    def transfer(
        self,
        *,
        CHAT_ID: int,
        TRANSFER_ID: str | int = ...,
        USER_ID: int = ...,
        QUEUE_ID: int = ...,
    ) -> C:
        """Scope: imopenlines."""

class ImopenlinesOperatorAnother(Generic[C, R, V]):
    """``imopenlines.operator.another``"""

    def finish(self, *, CHAT_ID: int) -> C:
        """Scope: imopenlines."""

class ImopenlinesRevision(Generic[C, R, V]):
    """``imopenlines.revision``"""

    def get(self) -> C:
        """Scope: imopenlines."""

class ImopenlinesSession(Generic[C, R, V]):
    """``imopenlines.session``"""

    head: ImopenlinesSessionHead[C, R, V]
    history: ImopenlinesSessionHistory[C, R, V]
    mode: ImopenlinesSessionMode[C, R, V]

    def intercept(self, *, CHAT_ID: int) -> C:
        """Scope: imopenlines."""

    def join(self, *, CHAT_ID: int) -> C:
        """Scope: imopenlines."""

    def open(self, *, USER_CODE: str) -> C:
        """Scope: imopenlines."""

    def start(self, *, CHAT_ID: int) -> C:
        """Scope: imopenlines."""

class ImopenlinesSessionHead(Generic[C, R, V]):
    """``imopenlines.session.head``"""

    def vote(self, *, SESSION_ID: int, RATING: int = ..., COMMENT: str = ...) -> C:
        """Scope: imopenlines.

        Needs RATING or COMMENT.
        """

class ImopenlinesSessionHistory(Generic[C, R, V]):
    """``imopenlines.session.history``"""

    def get(self, *, SESSION_ID: int = ..., CHAT_ID: int = ...) -> C:
        """Scope: imopenlines.

        Needs SESSION_ID or CHAT_ID.
        """

class ImopenlinesSessionMode(Generic[C, R, V]):
    """``imopenlines.session.mode``"""

    def pin(self, *, CHAT_ID: int, ACTIVATE: Literal["Y", "N"] = ...) -> C:
        """Scope: imopenlines."""

    def pinAll(self) -> C:
        """Scope: imopenlines."""

    @deprecated("the documentation names no replacement")
    def silent(self, *, CHAT_ID: int, ACTIVATE: str = ...) -> C:
        """Scope: imopenlines."""

    def unpinAll(self) -> C:
        """Scope: imopenlines."""
