# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Generic

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class CrmActivity(Generic[C, R, V]):
    """``crm.activity``"""

    badge: CrmActivityBadge[C, R, V]
    binding: CrmActivityBinding[C, R, V]
    call: CrmActivityCall[C, R, V]
    communication: CrmActivityCommunication[C, R, V]
    configurable: CrmActivityConfigurable[C, R, V]
    layout: CrmActivityLayout[C, R, V]
    todo: CrmActivityTodo[C, R, V]
    type: CrmActivityType[C, R, V]

    @deprecated("use crm.activity.todo.add")
    def add(self, *, fields: Array) -> C:
        """Scope: crm.

        fields: OWNER_ID*, OWNER_TYPE_ID*, TYPE_ID*, ASSOCIATED_ENTITY_ID, COMMUNICATIONS*,
          DEADLINE, DESCRIPTION, DESCRIPTION_TYPE, DIRECTION, END_TIME, FILES, LOCATION,
          NOTIFY_TYPE, ORIGINATOR_ID, ORIGIN_ID, ORIGIN_VERSION, PRIORITY, PROVIDER_DATA,
          PROVIDER_GROUP_ID, PROVIDER_ID, PROVIDER_TYPE_ID, PROVIDER_PARAMS, RESPONSIBLE_ID*,
          SETTINGS, START_TIME, STATUS, SUBJECT, WEBDAV_ELEMENTS, IS_INCOMING_CHANNEL.
        """

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def fields(self) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> C:
        """Scope: crm."""

    def list(
        self,
        *,
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Order = ...,
        start: int = ...,
    ) -> R:
        """Scope: crm."""

    @deprecated("use crm.activity.todo.update")
    def update(self, *, id: int, fields: Array) -> C:
        """Scope: crm.

        fields: OWNER_ID*, OWNER_TYPE_ID*, TYPE_ID*, ASSOCIATED_ENTITY_ID, COMMUNICATIONS*,
          DEADLINE, DESCRIPTION, DESCRIPTION_TYPE, DIRECTION, END_TIME, FILES, LOCATION,
          NOTIFY_TYPE, ORIGINATOR_ID, ORIGIN_ID, ORIGIN_VERSION, PRIORITY, PROVIDER_DATA,
          PROVIDER_GROUP_ID, PROVIDER_ID, PROVIDER_TYPE_ID, PROVIDER_PARAMS, RESPONSIBLE_ID*,
          SETTINGS, START_TIME, STATUS, SUBJECT, WEBDAV_ELEMENTS, IS_INCOMING_CHANNEL.
        """

class CrmActivityBadge(Generic[C, R, V]):
    """``crm.activity.badge``"""

    def add(self, *, code: str, title: str | Array, value: str | Array, type: str) -> C:
        """Scope: crm."""

    def delete(self, *, code: str) -> C:
        """Scope: crm."""

    def get(self, *, code: str) -> C:
        """Scope: crm."""

    def list(self) -> R:
        """Scope: crm."""

class CrmActivityBinding(Generic[C, R, V]):
    """``crm.activity.binding``"""

    def add(self, *, activityId: int, entityTypeId: int, entityId: int) -> C:
        """Scope: crm."""

    def delete(self, *, activityId: int, entityTypeId: int, entityId: int) -> C:
        """Scope: crm."""

    def list(self, *, activityId: int) -> R:
        """Scope: crm."""

    def move(
        self,
        *,
        activityId: int,
        sourceEntityTypeId: int,
        sourceEntityId: int,
        targetEntityTypeId: int,
        targetEntityId: int,
    ) -> C:
        """Scope: crm."""

class CrmActivityCall(Generic[C, R, V]):
    """``crm.activity.call``"""

    def getTranscript(self, *, activityId: int) -> C:
        """Scope: crm."""

class CrmActivityCommunication(Generic[C, R, V]):
    """``crm.activity.communication``"""

    def fields(self) -> C:
        """Scope: crm."""

class CrmActivityConfigurable(Generic[C, R, V]):
    """``crm.activity.configurable``"""

    def add(self, *, ownerTypeId: int, ownerId: int, fields: Array, layout: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: typeId, completed, deadline, pingOffsets, isIncomingChannel, responsibleId,
          badgeCode, originatorId, originId.
        """

    def get(self, *, id: int) -> C:
        """Scope: crm."""

    def update(self, *, id: int, fields: Array, layout: Mapping[str, Any]) -> C:
        """Scope: crm."""

class CrmActivityLayout(Generic[C, R, V]):
    """``crm.activity.layout``"""

    blocks: CrmActivityLayoutBlocks[C, R, V]

class CrmActivityLayoutBlocks(Generic[C, R, V]):
    """``crm.activity.layout.blocks``"""

    def delete(self, *, entityTypeId: int, entityId: int, activityId: int) -> C:
        """Scope: crm."""

    def get(self, *, entityTypeId: int, entityId: int, activityId: int) -> C:
        """Scope: crm."""

    def set(
        self,
        *,
        entityTypeId: int,
        entityId: int,
        activityId: int,
        layout: Mapping[str, Any],
    ) -> C:
        """Scope: crm."""

class CrmActivityTodo(Generic[C, R, V]):
    """``crm.activity.todo``"""

    def add(
        self,
        *,
        ownerTypeId: int,
        ownerId: int,
        deadline: datetime | date | str,
        title: str = ...,
        description: str = ...,
        responsibleId: int = ...,
        parentActivityId: int = ...,
        pingOffsets: Array = ...,
        colorId: str = ...,
    ) -> C:
        """Scope: crm."""

    def update(
        self,
        *,
        id: int,
        ownerTypeId: int,
        ownerId: int,
        deadline: datetime | date | str,
        title: str = ...,
        description: str = ...,
        responsibleId: int = ...,
        parentActivityId: int = ...,
        pingOffsets: Array = ...,
        colorId: str = ...,
    ) -> C:
        """Scope: crm."""

    def updateColor(self, *, id: int, ownerTypeId: int, ownerId: int, colorId: str) -> C:
        """Scope: crm."""

    def updateDeadline(
        self,
        *,
        id: int,
        ownerTypeId: int,
        ownerId: int,
        value: datetime | date | str,
    ) -> C:
        """Scope: crm."""

    def updateDescription(self, *, id: int, ownerTypeId: int, ownerId: int, value: str) -> C:
        """Scope: crm."""

    def updateResponsibleUser(
        self,
        *,
        id: int,
        ownerTypeId: int,
        ownerId: int,
        responsibleId: int,
    ) -> C:
        """Scope: crm."""

class CrmActivityType(Generic[C, R, V]):
    """``crm.activity.type``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: TYPE_ID*, NAME, ICON_FILE, IS_CONFIGURABLE_TYPE.
        """

    def delete(self, *, TYPE_ID: str) -> C:
        """Scope: crm."""

    def list(self) -> R:
        """Scope: crm."""
