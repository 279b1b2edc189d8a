# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import C, R, Upload, V

class Entity(Generic[C, R, V]):
    """``entity``"""

    item: EntityItem[C, R, V]
    section: EntitySection[C, R, V]

    def add(self, *, ENTITY: str, NAME: str, ACCESS: Mapping[str, Any] = ...) -> C:
        """Scope: entity.

        ACCESS: AU, R, W, X.
        """

    def delete(self, *, ENTITY: str) -> C:
        """Scope: entity."""

    def get(self, *, ENTITY: str = ...) -> R:
        """Scope: entity."""

    def rights(self, *, ENTITY: str, ACCESS: Mapping[str, Any] = ...) -> C:
        """Scope: entity.

        ACCESS: AU, R, W, X.
        """

    def update(
        self,
        *,
        ENTITY: str,
        NAME: str = ...,
        ENTITY_NEW: str = ...,
        ACCESS: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: entity.

        ACCESS: AU, R, W, X.
        """

class EntityItem(Generic[C, R, V]):
    """``entity.item``"""

    property: EntityItemProperty[C, R, V]

    def add(
        self,
        *,
        ENTITY: str,
        NAME: str = ...,
        PROPERTY_VALUES: Mapping[str, Any] = ...,
        SECTION: int = ...,
        DATE_ACTIVE_FROM: datetime | date | str = ...,
        DATE_ACTIVE_TO: datetime | date | str = ...,
        PREVIEW_PICTURE: Upload = ...,
        DETAIL_PICTURE: Upload = ...,
        **others: Any,
    ) -> C:
        """Scope: entity.

        Takes ``UF_``.
        """

    def delete(self, *, ENTITY: str, ID: int) -> C:
        """Scope: entity."""

    def get(
        self,
        *,
        ENTITY: str,
        SORT: Mapping[str, Any] = ...,
        FILTER: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: entity.

        SORT: ID, TIMESTAMP_X, MODIFIED_BY, DATE_CREATE, CREATED_BY, ACTIVE, DATE_ACTIVE_FROM,
          DATE_ACTIVE_TO, SORT, NAME, PREVIEW_PICTURE, PREVIEW_TEXT, DETAIL_PICTURE, DETAIL_TEXT,
          CODE, ENTITY, SECTION, PROPERTY_VALUES.
        FILTER: ID, TIMESTAMP_X, MODIFIED_BY, DATE_CREATE, CREATED_BY, ACTIVE, DATE_ACTIVE_FROM,
          DATE_ACTIVE_TO, SORT, NAME, PREVIEW_PICTURE, PREVIEW_TEXT, DETAIL_PICTURE, DETAIL_TEXT,
          CODE, ENTITY, SECTION, PROPERTY_VALUES.
        """

    def update(
        self,
        *,
        ENTITY: str,
        ID: int,
        NAME: str = ...,
        PROPERTY_VALUES: Mapping[str, Any] = ...,
        SECTION: int = ...,
        DATE_ACTIVE_FROM: datetime | date | str = ...,
        DATE_ACTIVE_TO: datetime | date | str = ...,
        PREVIEW_PICTURE: Upload = ...,
        DETAIL_PICTURE: Upload = ...,
        **others: Any,
    ) -> C:
        """Scope: entity.

        Takes ``UF_``.
        """

class EntityItemProperty(Generic[C, R, V]):
    """``entity.item.property``"""

    def add(
        self,
        *,
        ENTITY: str,
        PROPERTY: str,
        NAME: str = ...,
        TYPE: Literal["S", "N", "F"] = ...,
        SORT: int = ...,
    ) -> C:
        """Scope: entity."""

    def delete(self, *, ENTITY: str, PROPERTY: str) -> C:
        """Scope: entity."""

    def get(self, *, ENTITY: str, PROPERTY: str = ...) -> R:
        """Scope: entity."""

    def update(
        self,
        *,
        ENTITY: str,
        PROPERTY: str,
        PROPERTY_NEW: str = ...,
        NAME: str = ...,
        TYPE: Literal["S", "N"] = ...,
        SORT: int = ...,
    ) -> C:
        """Scope: entity."""

class EntitySection(Generic[C, R, V]):
    """``entity.section``"""

    def add(
        self,
        *,
        ENTITY: str,
        NAME: str,
        SECTION: int = ...,
        ACTIVE: Literal["Y", "N"] = ...,
        SORT: int = ...,
        CODE: str = ...,
        DESCRIPTION: str = ...,
        PICTURE: Upload = ...,
        DETAIL_PICTURE: Upload = ...,
        **others: Any,
    ) -> C:
        """Scope: entity.

        Takes ``UF_``.
        """

    def delete(self, *, ENTITY: str, ID: int) -> C:
        """Scope: entity."""

    def get(
        self,
        *,
        ENTITY: str,
        SORT: Mapping[str, Any] = ...,
        FILTER: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: entity.

        SORT: ID, CODE, TIMESTAMP_X, DATE_CREATE, CREATED_BY, MODIFIED_BY, ACTIVE, SORT, NAME,
          PICTURE, DETAIL_PICTURE, DESCRIPTION, LEFT_MARGIN, RIGHT_MARGIN, DEPTH_LEVEL, ENTITY,
          SECTION.
        FILTER: ID, CODE, TIMESTAMP_X, DATE_CREATE, CREATED_BY, MODIFIED_BY, ACTIVE, SORT, NAME,
          PICTURE, DETAIL_PICTURE, DESCRIPTION, LEFT_MARGIN, RIGHT_MARGIN, DEPTH_LEVEL, ENTITY,
          SECTION.
        """

    def update(
        self,
        *,
        ENTITY: str,
        ID: int,
        NAME: str = ...,
        SECTION: int = ...,
        ACTIVE: Literal["Y", "N"] = ...,
        SORT: int = ...,
        CODE: str = ...,
        DESCRIPTION: str = ...,
        PICTURE: Upload = ...,
        DETAIL_PICTURE: Upload = ...,
        **others: Any,
    ) -> C:
        """Scope: entity.

        Takes ``UF_``.
        """
