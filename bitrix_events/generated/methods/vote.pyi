# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import C, R, V

class Vote(Generic[C, R, V]):
    """``vote``"""

    AttachedVote: VoteAttachedVote[C, R, V]
    Integration: VoteIntegration[C, R, V]

class VoteAttachedVote(Generic[C, R, V]):
    """``vote.AttachedVote``"""

    def download(
        self,
        *,
        attachId: int = ...,
        moduleId: Literal["Im", "blog"] = ...,
        entityType: Literal[
            "Bitrix\\Vote\\Attachment\\ImMessageConnector",
            "Bitrix\\Vote\\Attachment\\BlogPostConnector",
        ] = ...,
        entityId: int = ...,
        signedAttachId: str = ...,
    ) -> C:
        """Scope: vote."""

    def get(
        self,
        *,
        attachId: int = ...,
        moduleId: Literal["Im", "blog"] = ...,
        entityType: Literal[
            "Bitrix\\Vote\\Attachment\\ImMessageConnector",
            "Bitrix\\Vote\\Attachment\\BlogPostConnector",
        ] = ...,
        entityId: int = ...,
        signedAttachId: str = ...,
    ) -> C:
        """Scope: vote."""

    def getAnswerVoted(
        self,
        *,
        answerId: int,
        attachId: int = ...,
        pageNavigation: Mapping[str, Any] = ...,
        userForMobileFormat: bool = ...,
        moduleId: Literal["Im", "blog"] = ...,
        entityType: Literal[
            "Bitrix\\Vote\\Attachment\\ImMessageConnector",
            "Bitrix\\Vote\\Attachment\\BlogPostConnector",
        ] = ...,
        entityId: int = ...,
        signedAttachId: str = ...,
    ) -> R:
        """Scope: vote."""

    def getMany(
        self,
        *,
        moduleId: Literal["im", "blog"],
        entityType: Literal[
            "Bitrix\\Vote\\Attachment\\ImMessageConnector",
            "Bitrix\\Vote\\Attachment\\BlogPostConnector",
        ],
        entityId: int,
    ) -> R:
        """Scope: vote."""

    def getWithVoted(
        self,
        *,
        attachId: int = ...,
        pageSize: int = ...,
        userForMobileFormat: bool = ...,
        moduleId: Literal["Im", "blog"] = ...,
        entityType: Literal[
            "Bitrix\\Vote\\Attachment\\ImMessageConnector",
            "Bitrix\\Vote\\Attachment\\BlogPostConnector",
        ] = ...,
        entityId: int = ...,
        signedAttachId: str = ...,
    ) -> C:
        """Scope: vote."""

    def recall(
        self,
        *,
        attachId: int = ...,
        moduleId: Literal["Im", "blog"] = ...,
        entityType: Literal[
            "Bitrix\\Vote\\Attachment\\ImMessageConnector",
            "Bitrix\\Vote\\Attachment\\BlogPostConnector",
        ] = ...,
        entityId: int = ...,
        signedAttachId: str = ...,
    ) -> C:
        """Scope: vote."""

    def resume(
        self,
        *,
        attachId: int = ...,
        moduleId: Literal["Im", "blog"] = ...,
        entityType: Literal[
            "Bitrix\\Vote\\Attachment\\ImMessageConnector",
            "Bitrix\\Vote\\Attachment\\BlogPostConnector",
        ] = ...,
        entityId: int = ...,
        signedAttachId: str = ...,
    ) -> C:
        """Scope: vote."""

    def stop(
        self,
        *,
        attachId: int = ...,
        moduleId: Literal["Im", "blog"] = ...,
        entityType: Literal[
            "Bitrix\\Vote\\Attachment\\ImMessageConnector",
            "Bitrix\\Vote\\Attachment\\BlogPostConnector",
        ] = ...,
        entityId: int = ...,
        signedAttachId: str = ...,
    ) -> C:
        """Scope: vote."""

    def vote(
        self,
        *,
        ballot: Mapping[str, Any],
        attachId: int = ...,
        moduleId: Literal["Im", "blog"] = ...,
        entityType: Literal[
            "Bitrix\\Vote\\Attachment\\ImMessageConnector",
            "Bitrix\\Vote\\Attachment\\BlogPostConnector",
        ] = ...,
        entityId: int = ...,
        signedAttachId: str = ...,
    ) -> C:
        """Scope: vote."""

class VoteIntegration(Generic[C, R, V]):
    """``vote.Integration``"""

    Im: VoteIntegrationIm[C, R, V]

class VoteIntegrationIm(Generic[C, R, V]):
    """``vote.Integration.Im``"""

    def send(
        self,
        *,
        chatId: int,
        IM_MESSAGE_VOTE_DATA: Mapping[str, Any],
        templateId: str = ...,
    ) -> C:
        """Scope: vote.

        IM_MESSAGE_VOTE_DATA: QUESTIONS*, ANONYMITY, OPTIONS.
        """
