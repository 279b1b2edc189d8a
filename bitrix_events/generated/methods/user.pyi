# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class User(Generic[C, R, V]):
    """``user``"""

    option: UserOption[C, R, V]
    userfield: UserUserfield[C, R, V]

    def access(self, *, ACCESS: Array) -> C:
        """Scope: basic."""

    def add(
        self,
        *,
        EMAIL: str,
        NAME: str = ...,
        LAST_NAME: str = ...,
        SECOND_NAME: str = ...,
        PERSONAL_GENDER: str = ...,
        PERSONAL_PROFESSION: str = ...,
        PERSONAL_WWW: str = ...,
        PERSONAL_BIRTHDAY: str = ...,
        PERSONAL_PHOTO: Array = ...,
        PERSONAL_ICQ: str = ...,
        PERSONAL_PHONE: str = ...,
        PERSONAL_FAX: str = ...,
        PERSONAL_MOBILE: str = ...,
        PERSONAL_PAGER: str = ...,
        PERSONAL_STREET: str = ...,
        PERSONAL_CITY: str = ...,
        PERSONAL_STATE: str = ...,
        PERSONAL_ZIP: str = ...,
        PERSONAL_COUNTRY: str = ...,
        PERSONAL_MAILBOX: str = ...,
        PERSONAL_NOTES: str = ...,
        WORK_PHONE: str = ...,
        WORK_COMPANY: str = ...,
        WORK_POSITION: str = ...,
        WORK_DEPARTMENT: str = ...,
        WORK_WWW: str = ...,
        WORK_FAX: str = ...,
        WORK_PAGER: str = ...,
        WORK_STREET: str = ...,
        WORK_MAILBOX: str = ...,
        WORK_CITY: str = ...,
        WORK_STATE: str = ...,
        WORK_ZIP: str = ...,
        WORK_COUNTRY: str = ...,
        WORK_PROFILE: str = ...,
        WORK_LOGO: Array = ...,
        WORK_NOTES: str = ...,
        UF_SKYPE_LINK: str = ...,
        UF_ZOOM: str = ...,
        UF_DEPARTMENT: Array = ...,
        UF_INTERESTS: str = ...,
        UF_SKILLS: str = ...,
        UF_WEB_SITES: str = ...,
        UF_XING: str = ...,
        UF_LINKEDIN: str = ...,
        UF_FACEBOOK: str = ...,
        UF_TWITTER: str = ...,
        UF_SKYPE: str = ...,
        UF_DISTRICT: str = ...,
        UF_PHONE_INNER: str = ...,
        **others: Any,
    ) -> C:
        """Scope: user."""

    def admin(self) -> C:
        """Scope: basic."""

    def current(self) -> C:
        """Scope: user or user_brief or user_basic."""

    def fields(self) -> C:
        """Scope: user or user_brief or user_basic."""

    def get(
        self,
        *,
        sort: str = ...,
        order: Literal["ASC", "DESC", "asc", "desc"] = ...,
        FILTER: str = ...,
        ADMIN_MODE: bool = ...,
        select: Array = ...,
        IMAGE_RESIZE: Literal["small", "medium", "large"] = ...,
        start: int = ...,
    ) -> R:
        """Scope: user or user_brief or user_basic."""

    def search(
        self,
        *,
        FILTER: str = ...,
        sort: str = ...,
        order: Literal["ASC", "DESC", "asc", "desc"] = ...,
        ADMIN_MODE: bool = ...,
        select: Array = ...,
        start: int = ...,
    ) -> R:
        """Scope: user or user_brief or user_basic."""

    def update(
        self,
        *,
        ID: int,
        ACTIVE: Literal["Y", "N"] = ...,
        EMAIL: str = ...,
        NAME: str = ...,
        LAST_NAME: str = ...,
        SECOND_NAME: str = ...,
        PERSONAL_GENDER: str = ...,
        PERSONAL_PROFESSION: str = ...,
        PERSONAL_WWW: str = ...,
        PERSONAL_BIRTHDAY: str = ...,
        PERSONAL_PHOTO: Array = ...,
        PERSONAL_ICQ: str = ...,
        PERSONAL_PHONE: str = ...,
        PERSONAL_FAX: str = ...,
        PERSONAL_MOBILE: str = ...,
        PERSONAL_PAGER: str = ...,
        PERSONAL_STREET: str = ...,
        PERSONAL_CITY: str = ...,
        PERSONAL_STATE: str = ...,
        PERSONAL_ZIP: str = ...,
        PERSONAL_COUNTRY: str = ...,
        PERSONAL_MAILBOX: str = ...,
        PERSONAL_NOTES: str = ...,
        WORK_PHONE: str = ...,
        WORK_COMPANY: str = ...,
        WORK_POSITION: str = ...,
        WORK_DEPARTMENT: str = ...,
        WORK_WWW: str = ...,
        WORK_FAX: str = ...,
        WORK_PAGER: str = ...,
        WORK_STREET: str = ...,
        WORK_MAILBOX: str = ...,
        WORK_CITY: str = ...,
        WORK_STATE: str = ...,
        WORK_ZIP: str = ...,
        WORK_COUNTRY: str = ...,
        WORK_PROFILE: str = ...,
        WORK_LOGO: Array = ...,
        WORK_NOTES: str = ...,
        UF_SKYPE_LINK: str = ...,
        UF_ZOOM: str = ...,
        UF_DEPARTMENT: Array = ...,
        UF_INTERESTS: str = ...,
        UF_SKILLS: str = ...,
        UF_WEB_SITES: str = ...,
        UF_XING: str = ...,
        UF_LINKEDIN: str = ...,
        UF_FACEBOOK: str = ...,
        UF_TWITTER: str = ...,
        UF_SKYPE: str = ...,
        UF_DISTRICT: str = ...,
        UF_PHONE_INNER: str = ...,
        **others: Any,
    ) -> C:
        """Scope: user."""

class UserOption(Generic[C, R, V]):
    """``user.option``"""

    def get(self, *, option: str = ...) -> C:
        """Scope: basic."""

    def set(self, *, options: Array) -> C:
        """Scope: basic."""

class UserUserfield(Generic[C, R, V]):
    """``user.userfield``"""

    file: UserUserfieldFile[C, R, V]

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: user.userfield.

        fields: FIELD_NAME*, USER_TYPE_ID*, XML_ID, SORT, MULTIPLE, MANDATORY, SHOW_FILTER,
          SHOW_IN_LIST, EDIT_IN_LIST, IS_SEARCHABLE, SETTINGS, EDIT_FORM_LABEL, LIST_COLUMN_LABEL,
          LIST_FILTER_LABEL, ERROR_MESSAGE, HELP_MESSAGE, LABEL.
        """

    def delete(self, *, id: int) -> C:
        """Scope: user.userfield."""

    def list(
        self,
        *,
        order: Order | Literal["ASC", "DESC", "asc", "desc"] = ...,
        filter: Array = ...,
    ) -> R:
        """Scope: user.userfield."""

    def update(self, *, id: int, fields: Mapping[str, Any] = ...) -> C:
        """Scope: user.userfield.

        fields: XML_ID, SORT, MANDATORY, SHOW_FILTER, SHOW_IN_LIST, EDIT_IN_LIST, IS_SEARCHABLE,
          SETTINGS, EDIT_FORM_LABEL, LIST_COLUMN_LABEL, LIST_FILTER_LABEL, ERROR_MESSAGE,
          HELP_MESSAGE, LABEL.
        """

class UserUserfieldFile(Generic[C, R, V]):
    """``user.userfield.file``"""

    def get(self) -> C:
        """Scope: user.userfield."""
