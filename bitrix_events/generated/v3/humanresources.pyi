# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, R, V

class Humanresources(Generic[C, R, V]):
    """``humanresources``"""

    employee: HumanresourcesEmployee[C, R, V]
    node: HumanresourcesNode[C, R, V]

class HumanresourcesEmployee(Generic[C, R, V]):
    """``humanresources.employee``"""

    field: HumanresourcesEmployeeField[C, R, V]

    def count(self) -> C:
        """Scope: humanresources."""

    def multidepartment(self) -> R:
        """Scope: humanresources."""

    def search(
        self,
        *,
        name: str,
        nodeId: int = ...,
        select: Sequence[
            Literal[
                "userId",
                "name",
                "workPosition",
                "avatar",
                "url",
                "departments",
                "teams",
            ]
        ] = ...,
    ) -> R:
        """Scope: humanresources."""

    def subordinates(self, *, id: int) -> R:
        """Scope: humanresources."""

class HumanresourcesEmployeeField(Generic[C, R, V]):
    """``humanresources.employee.field``"""

    def get(
        self,
        *,
        name: Literal["userId", "name", "workPosition", "avatar", "url", "departments", "teams"],
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
        """Scope: humanresources."""

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
        """Scope: humanresources."""

class HumanresourcesNode(Generic[C, R, V]):
    """``humanresources.node``"""

    communication: HumanresourcesNodeCommunication[C, R, V]
    field: HumanresourcesNodeField[C, R, V]
    member: HumanresourcesNodeMember[C, R, V]

    def add(
        self,
        *,
        type: Literal["DEPARTMENT", "TEAM"],
        name: str,
        parentId: int,
        description: str = ...,
        colorName: Literal["blue", "green", "cyan", "orange", "purple", "pink"] = ...,
        userIds: Mapping[str, Any] = ...,
        moveUsersToNode: bool = ...,
        createChat: bool = ...,
        bindingChatIds: Array = ...,
        createChannel: bool = ...,
        bindingChannelIds: Array = ...,
        createCollab: bool = ...,
        bindingCollabIds: Array = ...,
        settings: Mapping[str, Any] = ...,
        idempotency_key: str | None = ...,
    ) -> C:
        """Scope: humanresources.

        userIds: MEMBER_HEAD, MEMBER_DEPUTY_HEAD, MEMBER_EMPLOYEE, MEMBER_TEAM_HEAD,
          MEMBER_TEAM_DEPUTY_HEAD, MEMBER_TEAM_EMPLOYEE.
        settings: BUSINESS_PROC_AUTHORITY, REPORTS_AUTHORITY.
        """

    def children(
        self,
        *,
        id: int,
        select: Sequence[
            Literal[
                "id",
                "name",
                "type",
                "structureId",
                "parentId",
                "description",
                "accessCode",
                "userCount",
                "colorName",
                "xmlId",
                "createdAt",
                "updatedAt",
            ]
        ] = ...,
    ) -> R:
        """Scope: humanresources."""

    def count(self) -> C:
        """Scope: humanresources."""

    def edit(
        self,
        *,
        id: int,
        name: str = ...,
        description: str = ...,
        colorName: Literal["blue", "green", "cyan", "orange", "purple", "pink"] = ...,
        idempotency_key: str | None = ...,
    ) -> C:
        """Scope: humanresources."""

    def get(
        self,
        *,
        id: int,
        select: Sequence[
            Literal[
                "id",
                "name",
                "type",
                "structureId",
                "parentId",
                "description",
                "accessCode",
                "userCount",
                "colorName",
                "xmlId",
                "createdAt",
                "updatedAt",
                "members",
            ]
        ] = ...,
    ) -> C:
        """Scope: humanresources."""

    def list(
        self,
        *,
        type: Literal["DEPARTMENT", "TEAM"],
        select: Sequence[
            Literal[
                "id",
                "name",
                "type",
                "structureId",
                "parentId",
                "description",
                "accessCode",
                "userCount",
                "colorName",
                "xmlId",
                "createdAt",
                "updatedAt",
            ]
        ] = ...,
        pagination: Mapping[str, Any] = ...,
    ) -> R:
        """Scope: humanresources.

        pagination: page, limit, offset.
        """

    def move(self, *, id: int, parentId: int, idempotency_key: str | None = ...) -> C:
        """Scope: humanresources."""

    def search(
        self,
        *,
        type: Literal["DEPARTMENT", "TEAM"],
        name: str,
        parentId: int = ...,
        pagination: Mapping[str, Any] = ...,
    ) -> R:
        """Scope: humanresources."""

class HumanresourcesNodeCommunication(Generic[C, R, V]):
    """``humanresources.node.communication``"""

    def edit(
        self,
        *,
        nodeId: int,
        communicationType: Literal["CHAT", "CHANNEL", "COLLAB"],
        createDefault: bool = ...,
        ids: Array = ...,
        removeIds: Array = ...,
        withChildren: bool = ...,
        idempotency_key: str | None = ...,
    ) -> C:
        """Scope: humanresources."""

    def list(self, *, id: int) -> C:
        """Scope: humanresources."""

class HumanresourcesNodeField(Generic[C, R, V]):
    """``humanresources.node.field``"""

    def get(
        self,
        *,
        name: Literal[
            "id",
            "name",
            "type",
            "structureId",
            "parentId",
            "description",
            "accessCode",
            "userCount",
            "colorName",
            "xmlId",
            "createdAt",
            "updatedAt",
            "members",
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
        """Scope: humanresources."""

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
        """Scope: humanresources."""

class HumanresourcesNodeMember(Generic[C, R, V]):
    """``humanresources.node.member``"""

    field: HumanresourcesNodeMemberField[C, R, V]

    def add(
        self,
        *,
        nodeId: int,
        userIds: Array,
        role: Literal[
            "MEMBER_HEAD",
            "MEMBER_DEPUTY_HEAD",
            "MEMBER_EMPLOYEE",
            "MEMBER_TEAM_HEAD",
            "MEMBER_TEAM_DEPUTY_HEAD",
            "MEMBER_TEAM_EMPLOYEE",
        ],
        idempotency_key: str | None = ...,
    ) -> C:
        """Scope: humanresources."""

    def move(
        self,
        *,
        nodeId: int,
        userIds: Array,
        role: Literal[
            "MEMBER_HEAD",
            "MEMBER_DEPUTY_HEAD",
            "MEMBER_EMPLOYEE",
            "MEMBER_TEAM_HEAD",
            "MEMBER_TEAM_DEPUTY_HEAD",
            "MEMBER_TEAM_EMPLOYEE",
        ] = ...,
        idempotency_key: str | None = ...,
    ) -> C:
        """Scope: humanresources."""

    def remove(self, *, nodeId: int, userIds: Array, idempotency_key: str | None = ...) -> C:
        """Scope: humanresources."""

    def set(
        self,
        *,
        nodeId: int,
        userIds: Mapping[str, Any],
        idempotency_key: str | None = ...,
    ) -> C:
        """Scope: humanresources.

        userIds: MEMBER_HEAD, MEMBER_DEPUTY_HEAD, MEMBER_EMPLOYEE, MEMBER_TEAM_HEAD,
          MEMBER_TEAM_DEPUTY_HEAD, MEMBER_TEAM_EMPLOYEE.
        """

class HumanresourcesNodeMemberField(Generic[C, R, V]):
    """``humanresources.node.member.field``"""

    def get(
        self,
        *,
        name: Literal["userId", "name", "workPosition", "role", "avatar", "url"],
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
        """Scope: humanresources."""

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
        """Scope: humanresources."""
