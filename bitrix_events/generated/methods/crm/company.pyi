# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import C, Order, R, V

class CrmCompany(Generic[C, R, V]):
    """``crm.company``"""

    contact: CrmCompanyContact[C, R, V]
    details: CrmCompanyDetails[C, R, V]
    userfield: CrmCompanyUserfield[C, R, V]

    @deprecated("use crm.item.add")
    def add(self, *, fields: Mapping[str, Any], params: Mapping[str, Any] = ...) -> C:
        """Scope: crm.

        fields: TITLE, COMPANY_TYPE, INDUSTRY, EMPLOYEES, CURRENCY_ID, REVENUE, LOGO, OPENED,
          ASSIGNED_BY_ID, COMMENTS, PHONE, EMAIL, WEB, IM, UTM_SOURCE, UTM_MEDIUM, UTM_CAMPAIGN,
          UTM_CONTENT, UTM_TERM, IS_MY_COMPANY, UF_..., PARENT_ID_..., ORIGINATOR_ID, ORIGIN_ID,
          ORIGIN_VERSION, DATE_CREATE, DATE_MODIFY, CREATED_BY_ID, MODIFY_BY_ID.
        params: REGISTER_SONET_EVENT, IMPORT.
        """

    @deprecated("use crm.item.delete")
    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    @deprecated("use crm.item.fields")
    def fields(self) -> C:
        """Scope: crm."""

    @deprecated("use crm.item.get")
    def get(self, *, id: int) -> C:
        """Scope: crm."""

    @deprecated("use crm.item.list")
    def list(
        self,
        *,
        select: Sequence[str] = ...,
        filter: Mapping[str, Any] = ...,
        order: Order = ...,
        start: int = ...,
    ) -> R:
        """Scope: crm."""

    @deprecated("use crm.item.update")
    def update(self, *, id: int, fields: Mapping[str, Any], params: Mapping[str, Any] = ...) -> C:
        """Scope: crm.

        fields: TITLE, COMPANY_TYPE, LOGO, INDUSTRY, EMPLOYEES, CURRENCY_ID, REVENUE, OPENED,
          COMMENTS, ASSIGNED_BY_ID, CONTACT_ID, ORIGINATOR_ID, ORIGIN_ID, ORIGIN_VERSION,
          UTM_SOURCE, UTM_MEDIUM, UTM_CAMPAIGN, UTM_CONTENT, UTM_TERM, PARENT_ID_..., PHONE,
          EMAIL, WEB, IM, LINK, UF_....
        params: REGISTER_SONET_EVENT, REGISTER_HISTORY_EVENT.
        """

class CrmCompanyContact(Generic[C, R, V]):
    """``crm.company.contact``"""

    items: CrmCompanyContactItems[C, R, V]

    def add(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: CONTACT_ID*, IS_PRIMARY, SORT.
        """

    def delete(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: CONTACT_ID*.
        """

    def fields(self) -> C:
        """Scope: crm."""

class CrmCompanyContactItems(Generic[C, R, V]):
    """``crm.company.contact.items``"""

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> R:
        """Scope: crm."""

    def set(self, *, id: int, items: Sequence[Mapping[str, Any]]) -> C:
        """Scope: crm.

        items: CONTACT_ID*, IS_PRIMARY, SORT.
        """

class CrmCompanyDetails(Generic[C, R, V]):
    """``crm.company.details``"""

    configuration: CrmCompanyDetailsConfiguration[C, R, V]

class CrmCompanyDetailsConfiguration(Generic[C, R, V]):
    """``crm.company.details.configuration``"""

    @deprecated("use crm.item.details.configuration.forceCommonScopeForAll")
    def forceCommonScopeForAll(self) -> C:
        """Scope: crm."""

    @deprecated("use crm.item.details.configuration.get")
    def get(self, *, scope: Literal["P", "C"] = ..., userId: int = ...) -> C:
        """Scope: crm."""

    @deprecated("use crm.item.details.configuration.reset")
    def reset(self, *, scope: Literal["P", "C"] = ..., userId: int = ...) -> C:
        """Scope: crm."""

    @deprecated("use crm.item.details.configuration.set")
    def set(
        self,
        *,
        data: Sequence[Mapping[str, Any]],
        scope: Literal["P", "C"] = ...,
        userId: int = ...,
    ) -> C:
        """Scope: crm.

        data: name*, title*, type*, elements.
        """

class CrmCompanyUserfield(Generic[C, R, V]):
    """``crm.company.userfield``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: USER_TYPE_ID*, FIELD_NAME*, LABEL, XML_ID, LIST_FILTER_LABEL, LIST_COLUMN_LABEL,
          EDIT_FORM_LABEL, ERROR_MESSAGE, HELP_MESSAGE, MULTIPLE, MANDATORY, SHOW_FILTER,
          SETTINGS, LIST, SORT, SHOW_IN_LIST, EDIT_IN_LIST, IS_SEARCHABLE.
        """

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> C:
        """Scope: crm."""

    def list(self, *, filter: Mapping[str, Any] = ..., order: Mapping[str, Any] = ...) -> R:
        """Scope: crm.

        filter: ID, FIELD_NAME, USER_TYPE_ID, XML_ID, SORT, MULTIPLE, MANDATORY, SHOW_FILTER,
          SHOW_IN_LIST, EDIT_IN_LIST, IS_SEARCHABLE, LANG.
        order: ID, FIELD_NAME, USER_TYPE_ID, XML_ID, SORT.
        """

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: MANDATORY, SHOW_FILTER, XML_ID, SETTINGS, LIST, SORT, SHOW_IN_LIST, EDIT_IN_LIST,
          IS_SEARCHABLE, LIST_FILTER_LABEL, LIST_COLUMN_LABEL, EDIT_FORM_LABEL, ERROR_MESSAGE,
          HELP_MESSAGE.
        """
