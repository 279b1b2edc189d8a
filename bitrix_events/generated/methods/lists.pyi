# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, R, V

class Lists(Generic[C, R, V]):
    """``lists``"""

    element: ListsElement[C, R, V]
    field: ListsField[C, R, V]
    get: ListsGet[C, R, V]
    section: ListsSection[C, R, V]

    def add(
        self,
        *,
        IBLOCK_TYPE_ID: Literal["lists", "bitrix_processes", "lists_socnet"],
        IBLOCK_CODE: str,
        FIELDS: Array,
        SOCNET_GROUP_ID: int = ...,
        MESSAGES: Mapping[
            Literal[
                "ELEMENTS_NAME",
                "ELEMENT_NAME",
                "ELEMENT_ADD",
                "ELEMENT_EDIT",
                "ELEMENT_DELETE",
                "SECTIONS_NAME",
                "SECTION_NAME",
                "SECTION_ADD",
                "SECTION_EDIT",
                "SECTION_DELETE",
            ],
            Any,
        ] = ...,
        RIGHTS: Mapping[str, Literal["U", "D", "DR", "R", "E", "S", "T", "W", "X"]] = ...,
    ) -> C:
        """Scope: lists.

        FIELDS: NAME*, DESCRIPTION, SORT, PICTURE, BIZPROC.
        """

    def delete(
        self,
        *,
        IBLOCK_TYPE_ID: Literal["lists", "bitrix_processes", "lists_socnet"],
        IBLOCK_ID: int = ...,
        IBLOCK_CODE: str = ...,
    ) -> C:
        """Scope: lists.

        Needs IBLOCK_ID or IBLOCK_CODE.
        """

    def update(
        self,
        *,
        IBLOCK_TYPE_ID: Literal["lists", "bitrix_processes", "lists_socnet"],
        FIELDS: Array,
        IBLOCK_ID: int = ...,
        IBLOCK_CODE: str = ...,
        SOCNET_GROUP_ID: int = ...,
        MESSAGES: Mapping[
            Literal[
                "ELEMENTS_NAME",
                "ELEMENT_NAME",
                "ELEMENT_ADD",
                "ELEMENT_EDIT",
                "ELEMENT_DELETE",
                "SECTIONS_NAME",
                "SECTION_NAME",
                "SECTION_ADD",
                "SECTION_EDIT",
                "SECTION_DELETE",
            ],
            Any,
        ] = ...,
        RIGHTS: Mapping[str, Literal["U", "D", "DR", "R", "E", "S", "T", "W", "X"]] = ...,
    ) -> C:
        """Scope: lists.

        FIELDS: NAME*, DESCRIPTION, SORT, PICTURE, BIZPROC.
        Needs IBLOCK_ID or IBLOCK_CODE.
        """

class ListsElement(Generic[C, R, V]):
    """``lists.element``"""

    get: ListsElementGet[C, R, V]

    def add(
        self,
        *,
        IBLOCK_TYPE_ID: Literal["lists", "bitrix_processes", "lists_socnet"],
        ELEMENT_CODE: str,
        FIELDS: Array,
        IBLOCK_ID: int = ...,
        IBLOCK_CODE: str = ...,
        IBLOCK_SECTION_ID: int = ...,
        LIST_ELEMENT_URL: str = ...,
    ) -> C:
        """Scope: lists.

        FIELDS: NAME*, PROPERTY_PropertyId.
        Needs IBLOCK_ID or IBLOCK_CODE.
        """

    def delete(
        self,
        *,
        IBLOCK_TYPE_ID: Literal["lists", "bitrix_processes", "lists_socnet"],
        IBLOCK_ID: int = ...,
        IBLOCK_CODE: str = ...,
        ELEMENT_ID: int = ...,
        ELEMENT_CODE: str = ...,
    ) -> C:
        """Scope: lists.

        Needs IBLOCK_ID or IBLOCK_CODE.
        Needs ELEMENT_ID or ELEMENT_CODE.
        """

    def update(
        self,
        *,
        IBLOCK_TYPE_ID: Literal["lists", "bitrix_processes", "lists_socnet"],
        FIELDS: Array,
        IBLOCK_ID: int = ...,
        IBLOCK_CODE: str = ...,
        ELEMENT_ID: int = ...,
        ELEMENT_CODE: str = ...,
    ) -> C:
        """Scope: lists.

        FIELDS: NAME*, PROPERTY_PropertyId.
        Needs IBLOCK_ID or IBLOCK_CODE.
        Needs ELEMENT_ID or ELEMENT_CODE.
        """

class ListsElementGet(Generic[C, R, V]):
    """``lists.element.get``"""

    file: ListsElementGetFile[C, R, V]

    def __call__(
        self,
        *,
        IBLOCK_TYPE_ID: Literal["lists", "bitrix_processes", "lists_socnet"],
        IBLOCK_ID: int = ...,
        IBLOCK_CODE: str = ...,
        ELEMENT_ID: int = ...,
        ELEMENT_CODE: str = ...,
        SELECT: Array = ...,
        FILTER: Mapping[str, Any] = ...,
        ELEMENT_ORDER: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: lists.

        SELECT: ID, CODE, NAME, IBLOCK_SECTION_ID, CREATED_BY, CREATED_USER_NAME, ACTIVE_TO,
          BP_PUBLISHED, DATE_CREATE, PREVIEW_TEXT, DETAIL_TEXT, SORT, PREVIEW_TEXT_TYPE,
          DETAIL_TEXT_TYPE, PROPERTY_PropertyId and others.
        FILTER: NAME, IBLOCK_SECTION_ID, CREATED_BY, ACTIVE_TO, BP_PUBLISHED, DATE_CREATE,
          PREVIEW_TEXT, DETAIL_TEXT, SORT, PREVIEW_TEXT_TYPE, DETAIL_TEXT_TYPE,
          PROPERTY_PropertyId.
        ELEMENT_ORDER: PREVIEW_TEXT, DETAIL_TEXT, IBLOCK_SECTION_ID.
        Needs IBLOCK_ID or IBLOCK_CODE.
        Needs ELEMENT_ID or ELEMENT_CODE.
        """

class ListsElementGetFile(Generic[C, R, V]):
    """``lists.element.get.file``"""

    def url(
        self,
        *,
        IBLOCK_TYPE_ID: Literal["lists", "bitrix_processes", "lists_socnet"],
        FIELD_ID: int,
        IBLOCK_ID: int = ...,
        IBLOCK_CODE: str = ...,
        ELEMENT_ID: int = ...,
        ELEMENT_CODE: str = ...,
    ) -> C:
        """Scope: lists.

        Needs IBLOCK_ID or IBLOCK_CODE.
        Needs ELEMENT_ID or ELEMENT_CODE.
        """

class ListsField(Generic[C, R, V]):
    """``lists.field``"""

    type: ListsFieldType[C, R, V]

    def add(
        self,
        *,
        IBLOCK_TYPE_ID: Literal["lists", "bitrix_processes", "lists_socnet"],
        FIELDS: Array,
        IBLOCK_ID: int = ...,
        IBLOCK_CODE: str = ...,
    ) -> C:
        """Scope: lists.

        FIELDS: NAME*, TYPE*, IS_REQUIRED, MULTIPLE, SORT, DEFAULT_VALUE, LIST, LIST_TEXT_VALUES,
          LIST_DEF, CODE, SETTINGS, USER_TYPE_SETTINGS, ROW_COUNT, COL_COUNT, LINK_IBLOCK_ID.
        Needs IBLOCK_ID or IBLOCK_CODE.
        """

    def delete(
        self,
        *,
        IBLOCK_TYPE_ID: Literal["lists", "bitrix_processes", "lists_socnet"],
        FIELD_ID: str,
        IBLOCK_ID: int = ...,
        IBLOCK_CODE: str = ...,
    ) -> C:
        """Scope: lists.

        Needs IBLOCK_ID or IBLOCK_CODE.
        """

    def get(
        self,
        *,
        IBLOCK_TYPE_ID: Literal["lists", "bitrix_processes", "lists_socnet"],
        IBLOCK_ID: int = ...,
        IBLOCK_CODE: str = ...,
        FIELD_ID: str = ...,
    ) -> C:
        """Scope: lists.

        Needs IBLOCK_ID or IBLOCK_CODE.
        """

    def update(
        self,
        *,
        IBLOCK_TYPE_ID: Literal["lists", "bitrix_processes", "lists_socnet"],
        FIELDS: Array,
        FIELD_ID: str,
        IBLOCK_ID: int = ...,
        IBLOCK_CODE: str = ...,
    ) -> C:
        """Scope: lists.

        FIELDS: NAME*, TYPE*, IS_REQUIRED, MULTIPLE, SORT, DEFAULT_VALUE, LIST, LIST_TEXT_VALUES,
          LIST_DEF, CODE, SETTINGS, USER_TYPE_SETTINGS, ROW_COUNT, COL_COUNT, LINK_IBLOCK_ID.
        Needs IBLOCK_ID or IBLOCK_CODE.
        """

class ListsFieldType(Generic[C, R, V]):
    """``lists.field.type``"""

    def get(
        self,
        *,
        IBLOCK_TYPE_ID: Literal["lists", "bitrix_processes", "lists_socnet"],
        IBLOCK_ID: int = ...,
        IBLOCK_CODE: str = ...,
        FIELD_ID: int = ...,
    ) -> C:
        """Scope: lists.

        Needs IBLOCK_ID or IBLOCK_CODE.
        """

class ListsGet(Generic[C, R, V]):
    """``lists.get``"""

    iblock: ListsGetIblock[C, R, V]

    def __call__(
        self,
        *,
        IBLOCK_TYPE_ID: Literal["lists", "bitrix_processes", "lists_socnet"],
        IBLOCK_ID: int = ...,
        IBLOCK_CODE: str = ...,
        SOCNET_GROUP_ID: int = ...,
        IBLOCK_ORDER: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: lists.

        IBLOCK_ORDER: ID, IBLOCK_TYPE, NAME, CODE, SORT, TIMESTAMP_X.
        """

class ListsGetIblock(Generic[C, R, V]):
    """``lists.get.iblock``"""

    type: ListsGetIblockType[C, R, V]

class ListsGetIblockType(Generic[C, R, V]):
    """``lists.get.iblock.type``"""

    def id(self, *, IBLOCK_ID: int = ..., IBLOCK_CODE: str = ...) -> C:
        """Scope: lists.

        Needs IBLOCK_ID or IBLOCK_CODE.
        """

class ListsSection(Generic[C, R, V]):
    """``lists.section``"""

    def add(
        self,
        *,
        IBLOCK_TYPE_ID: Literal["lists", "bitrix_processes", "lists_socnet"],
        SECTION_CODE: str,
        FIELDS: Array,
        IBLOCK_ID: int = ...,
        IBLOCK_CODE: str = ...,
        IBLOCK_SECTION_ID: int = ...,
    ) -> C:
        """Scope: lists.

        FIELDS: NAME*, EXTERNAL_ID, XML_ID, SORT, ACTIVE, PICTURE, DESCRIPTION, DESCRIPTION_TYPE,
          DETAIL_PICTURE, SECTION_PROPERTY.
        Needs IBLOCK_ID or IBLOCK_CODE.
        """

    def delete(
        self,
        *,
        IBLOCK_TYPE_ID: Literal["lists", "bitrix_processes", "lists_socnet"],
        IBLOCK_ID: int = ...,
        IBLOCK_CODE: str = ...,
        SECTION_ID: int = ...,
        SECTION_CODE: str = ...,
    ) -> C:
        """Scope: lists.

        Needs IBLOCK_ID or IBLOCK_CODE.
        Needs SECTION_ID or SECTION_CODE.
        """

    def get(
        self,
        *,
        IBLOCK_TYPE_ID: Literal["lists", "bitrix_processes", "lists_socnet"],
        IBLOCK_ID: int = ...,
        IBLOCK_CODE: str = ...,
        FILTER: Mapping[str, Any] = ...,
        SELECT: Array = ...,
    ) -> R:
        """Scope: lists.

        FILTER: ID, CODE, XML_ID, EXTERNAL_ID, NAME, ACTIVE, GLOBAL_ACTIVE, IBLOCK_ACTIVE,
          IBLOCK_NAME, IBLOCK_TYPE, IBLOCK_XML_ID, IBLOCK_EXTERNAL_ID, DEPTH_LEVEL, LEFT_MARGIN,
          RIGHT_MARGIN, TIMESTAMP_X, DATE_CREATE, CREATED_BY, MODIFIED_BY.
        SELECT: ID, CODE, XML_ID, EXTERNAL_ID, IBLOCK_SECTION_ID, TIMESTAMP_X, SORT, NAME, ACTIVE,
          GLOBAL_ACTIVE, PICTURE, DESCRIPTION, DESCRIPTION_TYPE, LEFT_MARGIN, RIGHT_MARGIN,
          DEPTH_LEVEL, SEARCHABLE_CONTENT, SECTION_PAGE_URL, MODIFIED_BY, DATE_CREATE, CREATED_BY,
          DETAIL_PICTURE and others.
        Needs IBLOCK_ID or IBLOCK_CODE.
        """

    def update(
        self,
        *,
        IBLOCK_TYPE_ID: Literal["lists", "bitrix_processes", "lists_socnet"],
        FIELDS: Array,
        IBLOCK_ID: int = ...,
        IBLOCK_CODE: str = ...,
        SECTION_ID: int = ...,
        SECTION_CODE: str = ...,
    ) -> C:
        """Scope: lists.

        FIELDS: NAME*, EXTERNAL_ID, XML_ID, SORT, ACTIVE, PICTURE, DESCRIPTION, DESCRIPTION_TYPE,
          DETAIL_PICTURE, SECTION_PROPERTY.
        Needs IBLOCK_ID or IBLOCK_CODE.
        Needs SECTION_ID or SECTION_CODE.
        """
