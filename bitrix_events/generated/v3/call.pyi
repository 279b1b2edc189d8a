# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, R, V

class Call(Generic[C, R, V]):
    """``call``"""

    followup: CallFollowup[C, R, V]

class CallFollowup(Generic[C, R, V]):
    """``call.followup``"""

    field: CallFollowupField[C, R, V]

    def get(
        self,
        *,
        callId: int,
        select: Sequence[
            Literal[
                "callId",
                "callType",
                "initiatorId",
                "startDate",
                "endDate",
                "durationSeconds",
            ]
        ] = ...,
        mentionFormat: Literal["bb", "html", "none"] = ...,
    ) -> C:
        """Scope: call."""

    def list(
        self,
        *,
        filter: Mapping[str, Any],
        select: Array = ...,
        order: Mapping[str, Any] = ...,
        pagination: Mapping[str, Any] = ...,
        mentionFormat: Literal["bb", "html", "none"] = ...,
    ) -> R:
        """Scope: call.

        filter: startDate*, participantId.
        order: startDate.
        pagination: limit, afterCursor.
        """

class CallFollowupField(Generic[C, R, V]):
    """``call.followup.field``"""

    def get(
        self,
        *,
        name: str,
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
        """Scope: call."""

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
        """Scope: call."""
