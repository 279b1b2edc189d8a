# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class Main(Generic[C, R, V]):
    """``main``"""

    eventlog: MainEventlog[C, R, V]

class MainEventlog(Generic[C, R, V]):
    """``main.eventlog``"""

    field: MainEventlogField[C, R, V]

    def get(
        self,
        *,
        id: int,
        select: Sequence[
            Literal[
                "id",
                "timestampX",
                "severity",
                "auditTypeId",
                "moduleId",
                "itemId",
                "remoteAddr",
                "userAgent",
                "requestUri",
                "siteId",
                "userId",
                "guestId",
                "description",
            ]
        ] = ...,
    ) -> C:
        """Scope: main."""

    def list(
        self,
        *,
        select: Sequence[
            Literal[
                "id",
                "timestampX",
                "severity",
                "auditTypeId",
                "moduleId",
                "itemId",
                "remoteAddr",
                "userAgent",
                "requestUri",
                "siteId",
                "userId",
                "guestId",
                "description",
            ]
        ] = ...,
        filter: Array = ...,
        order: Order = ...,
        pagination: Mapping[str, Any] = ...,
    ) -> R:
        """Scope: main.

        pagination: page, limit, offset.
        """

    def tail(
        self,
        *,
        select: Sequence[
            Literal[
                "id",
                "timestampX",
                "severity",
                "auditTypeId",
                "moduleId",
                "itemId",
                "remoteAddr",
                "userAgent",
                "requestUri",
                "siteId",
                "userId",
                "guestId",
                "description",
            ]
        ] = ...,
        filter: Array = ...,
        cursor: Mapping[str, Any] = ...,
    ) -> R:
        """Scope: main.

        cursor: field, order, value, limit.
        """

class MainEventlogField(Generic[C, R, V]):
    """``main.eventlog.field``"""

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
        """Scope: main."""

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
        """Scope: main."""
