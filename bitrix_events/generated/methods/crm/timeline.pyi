# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class CrmTimeline(Generic[C, R, V]):
    """``crm.timeline``"""

    bindings: CrmTimelineBindings[C, R, V]
    comment: CrmTimelineComment[C, R, V]
    icon: CrmTimelineIcon[C, R, V]
    item: CrmTimelineItem[C, R, V]
    layout: CrmTimelineLayout[C, R, V]
    logmessage: CrmTimelineLogmessage[C, R, V]
    logo: CrmTimelineLogo[C, R, V]
    note: CrmTimelineNote[C, R, V]

class CrmTimelineBindings(Generic[C, R, V]):
    """``crm.timeline.bindings``"""

    def bind(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: OWNER_ID*, ENTITY_ID*, ENTITY_TYPE*.
        """

    def fields(self) -> C:
        """Scope: crm."""

    def list(self, *, filter: Mapping[str, Any]) -> R:
        """Scope: crm."""

    def unbind(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: OWNER_ID*, ENTITY_ID*, ENTITY_TYPE*.
        """

class CrmTimelineComment(Generic[C, R, V]):
    """``crm.timeline.comment``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: ENTITY_ID*, ENTITY_TYPE*, COMMENT*, FILES.
        """

    def delete(self, *, id: int, ownerTypeId: int = ..., ownerId: int = ...) -> C:
        """Scope: crm."""

    def fields(self) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> C:
        """Scope: crm."""

    def list(
        self,
        *,
        filter: Mapping[str, Any],
        select: Array = ...,
        order: Order = ...,
        start: int = ...,
    ) -> R:
        """Scope: crm.

        filter: ENTITY_ID, ENTITY_TYPE.
        """

    def update(
        self,
        *,
        id: int,
        fields: Mapping[str, Any],
        ownerTypeId: int = ...,
        ownerId: int = ...,
    ) -> C:
        """Scope: crm.

        fields: COMMENT, FILES.
        """

class CrmTimelineIcon(Generic[C, R, V]):
    """``crm.timeline.icon``"""

    def add(self, *, code: str, fileContent: str) -> C:
        """Scope: crm."""

    def delete(self, *, code: str) -> C:
        """Scope: crm."""

    def get(self, *, code: str) -> C:
        """Scope: crm."""

    def list(self) -> R:
        """Scope: crm."""

class CrmTimelineItem(Generic[C, R, V]):
    """``crm.timeline.item``"""

    def pin(self, *, id: int, ownerTypeId: int, ownerId: int) -> C:
        """Scope: crm."""

    def unpin(self, *, id: int, ownerTypeId: int, ownerId: int) -> C:
        """Scope: crm."""

class CrmTimelineLayout(Generic[C, R, V]):
    """``crm.timeline.layout``"""

    blocks: CrmTimelineLayoutBlocks[C, R, V]

class CrmTimelineLayoutBlocks(Generic[C, R, V]):
    """``crm.timeline.layout.blocks``"""

    def delete(self, *, entityTypeId: int, entityId: int, timelineId: int) -> C:
        """Scope: crm."""

    def get(self, *, entityTypeId: int, entityId: int, timelineId: int) -> C:
        """Scope: crm."""

    def set(
        self,
        *,
        entityTypeId: int,
        entityId: int,
        timelineId: int,
        layout: Mapping[str, Any],
    ) -> C:
        """Scope: crm."""

class CrmTimelineLogmessage(Generic[C, R, V]):
    """``crm.timeline.logmessage``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: entityTypeId*, entityId*, title*, text*, iconCode*.
        """

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> C:
        """Scope: crm."""

    def list(self, *, entityTypeId: int, entityId: int, order: Order = ..., start: int = ...) -> R:
        """Scope: crm."""

class CrmTimelineLogo(Generic[C, R, V]):
    """``crm.timeline.logo``"""

    def add(self, *, code: str, fileContent: str) -> C:
        """Scope: crm."""

    def delete(self, *, code: str) -> C:
        """Scope: crm."""

    def get(self, *, code: str) -> C:
        """Scope: crm."""

    def list(self) -> R:
        """Scope: crm."""

class CrmTimelineNote(Generic[C, R, V]):
    """``crm.timeline.note``"""

    def delete(self, *, ownerTypeId: int, ownerId: int, itemType: Literal[1, 2], itemId: int) -> C:
        """Scope: crm."""

    def get(self, *, ownerTypeId: int, ownerId: int, itemType: Literal[1, 2], itemId: int) -> C:
        """Scope: crm."""

    def save(
        self,
        *,
        ownerTypeId: int,
        ownerId: int,
        itemType: Literal[1, 2],
        itemId: int,
        text: str,
    ) -> C:
        """Scope: crm."""
