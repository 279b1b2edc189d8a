# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, R, V

class Timeman(Generic[C, R, V]):
    """``timeman``"""

    record: TimemanRecord[C, R, V]

class TimemanRecord(Generic[C, R, V]):
    """``timeman.record``"""

    field: TimemanRecordField[C, R, V]

    def list(
        self,
        *,
        filter: Array,
        select: Sequence[
            Literal[
                "id",
                "userId",
                "startTime",
                "endTime",
                "duration",
                "breakLength",
                "state",
                "isApproved",
            ]
        ] = ...,
        order: Mapping[str, Any] = ...,
        pagination: Mapping[str, Any] = ...,
    ) -> R:
        """Scope: timeman.

        order: id, userId, startTime, endTime, duration.
        pagination: page, limit, offset.
        """

class TimemanRecordField(Generic[C, R, V]):
    """``timeman.record.field``"""

    def get(
        self,
        *,
        name: Literal[
            "id",
            "userId",
            "startTime",
            "endTime",
            "duration",
            "breakLength",
            "state",
            "isApproved",
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
        """Scope: timeman."""

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
        """Scope: timeman."""
