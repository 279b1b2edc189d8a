# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, R, V

class Mail(Generic[C, R, V]):
    """``mail``"""

    mailbox: MailMailbox[C, R, V]
    message: MailMessage[C, R, V]
    recipient: MailRecipient[C, R, V]

class MailMailbox(Generic[C, R, V]):
    """``mail.mailbox``"""

    field: MailMailboxField[C, R, V]

    def get(
        self,
        *,
        id: int,
        select: Sequence[Literal["id", "name", "email", "senderName"]] = ...,
    ) -> C:
        """Scope: mail."""

    def list(self, *, name: str = ..., email: str = ..., pagination: Mapping[str, Any] = ...) -> R:
        """Scope: mail.

        pagination: page, limit, offset.
        """

    def senders(
        self,
        *,
        pagination: Mapping[str, Any] = ...,
        idempotency_key: str | None = ...,
    ) -> C:
        """Scope: mail.

        pagination: page, limit, offset.
        """

class MailMailboxField(Generic[C, R, V]):
    """``mail.mailbox.field``"""

    def get(
        self,
        *,
        name: Literal["id", "name", "email", "senderName"],
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> C:
        """Scope: mail."""

    def list(
        self,
        *,
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> R:
        """Scope: mail."""

class MailMessage(Generic[C, R, V]):
    """``mail.message``"""

    field: MailMessageField[C, R, V]

    def createcalendarevent(
        self,
        *,
        messageId: int,
        dateFrom: str,
        dateTo: str,
        name: str = ...,
        description: str = ...,
        idempotency_key: str | None = ...,
    ) -> C:
        """Scope: mail."""

    def createchat(self, *, messageId: int, idempotency_key: str | None = ...) -> C:
        """Scope: mail."""

    def createcrmactivity(self, *, messageId: int, idempotency_key: str | None = ...) -> C:
        """Scope: mail."""

    def createfeedpost(
        self,
        *,
        messageId: int,
        title: str = ...,
        idempotency_key: str | None = ...,
    ) -> C:
        """Scope: mail."""

    def createtask(
        self,
        *,
        messageId: int,
        title: str = ...,
        responsibleId: int = ...,
        description: str = ...,
        idempotency_key: str | None = ...,
    ) -> C:
        """Scope: mail."""

    def forward(
        self,
        *,
        forwardMessageId: int,
        from_: str,
        to: Array,
        subject: str,
        body: str,
        cc: Array = ...,
        bcc: Array = ...,
        idempotency_key: str | None = ...,
    ) -> C:
        """Scope: mail."""

    def get(
        self,
        *,
        id: int,
        select: Sequence[
            Literal[
                "id",
                "mailboxId",
                "mailboxEmail",
                "subject",
                "from",
                "to",
                "cc",
                "date",
                "isSeen",
                "hasAttachments",
                "url",
                "bindings",
                "body",
            ]
        ] = ...,
    ) -> C:
        """Scope: mail."""

    def list(
        self,
        *,
        mailboxId: int = ...,
        searchQuery: str = ...,
        dateFrom: str = ...,
        dateTo: str = ...,
        isSeen: bool = ...,
        hasAttachments: bool = ...,
        folder: str = ...,
        pagination: Mapping[str, Any] = ...,
    ) -> R:
        """Scope: mail.

        pagination: page, limit, offset.
        """

    def movetofolder(
        self,
        *,
        messageIds: Array,
        action: Literal["move", "spam", "delete"],
        folder: str = ...,
        idempotency_key: str | None = ...,
    ) -> C:
        """Scope: mail."""

    def removecrmactivity(self, *, messageId: int, idempotency_key: str | None = ...) -> C:
        """Scope: mail."""

    def reply(
        self,
        *,
        replyToMessageId: int,
        from_: str,
        to: Array,
        subject: str,
        body: str,
        cc: Array = ...,
        bcc: Array = ...,
        idempotency_key: str | None = ...,
    ) -> C:
        """Scope: mail."""

    def send(
        self,
        *,
        from_: str,
        to: Array,
        subject: str,
        body: str,
        cc: Array = ...,
        bcc: Array = ...,
        idempotency_key: str | None = ...,
    ) -> C:
        """Scope: mail."""

    def thread(self, *, id: int, limit: int = ...) -> R:
        """Scope: mail."""

class MailMessageField(Generic[C, R, V]):
    """``mail.message.field``"""

    def get(
        self,
        *,
        name: Literal[
            "id",
            "mailboxId",
            "mailboxEmail",
            "subject",
            "from",
            "to",
            "cc",
            "date",
            "isSeen",
            "hasAttachments",
            "url",
            "bindings",
            "body",
        ],
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> C:
        """Scope: mail."""

    def list(
        self,
        *,
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> R:
        """Scope: mail."""

class MailRecipient(Generic[C, R, V]):
    """``mail.recipient``"""

    field: MailRecipientField[C, R, V]

    def listcontacts(self, *, query: str = ..., pagination: Mapping[str, Any] = ...) -> R:
        """Scope: mail.

        pagination: page, limit, offset.
        """

    def listemployees(self, *, query: str, pagination: Mapping[str, Any] = ...) -> R:
        """Scope: mail.

        pagination: page, limit, offset.
        """

class MailRecipientField(Generic[C, R, V]):
    """``mail.recipient.field``"""

    def get(
        self,
        *,
        name: Literal["id", "email", "name"],
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> C:
        """Scope: mail."""

    def list(
        self,
        *,
        select: Sequence[
            Literal[
                "name",
                "type",
                "title",
                "description",
                "validationRules",
                "requiredGroups",
                "filterable",
                "sortable",
                "editable",
                "multiple",
                "elementType",
            ]
        ] = ...,
    ) -> R:
        """Scope: mail."""
