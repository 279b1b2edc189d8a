# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import C, Order, R, V

class CrmContact(Generic[C, R, V]):
    """``crm.contact``"""

    company: CrmContactCompany[C, R, V]
    details: CrmContactDetails[C, R, V]
    userfield: CrmContactUserfield[C, R, V]

    @deprecated("use crm.item.add")
    def add(self, *, fields: Mapping[str, Any] = ..., params: Mapping[str, Any] = ...) -> C:
        """Scope: crm.

        fields: HONORIFIC, NAME, SECOND_NAME, LAST_NAME, PHOTO, BIRTHDATE, TYPE_ID, SOURCE_ID,
          SOURCE_DESCRIPTION, POST, COMMENTS, OPENED, EXPORT, ASSIGNED_BY_ID, COMPANY_ID,
          COMPANY_IDS, UTM_SOURCE, UTM_MEDIUM, UTM_CAMPAIGN, UTM_CONTENT, UTM_TERM, TRACE, PHONE,
          EMAIL, WEB, IM, LINK, UF_..., PARENT_ID_..., ORIGINATOR_ID, ORIGIN_ID, ORIGIN_VERSION,
          DATE_CREATE, DATE_MODIFY, CREATED_BY_ID, MODIFY_BY_ID, ADDRESS, ADDRESS_2, ADDRESS_CITY,
          ADDRESS_POSTAL_CODE, ADDRESS_REGION, ADDRESS_PROVINCE, ADDRESS_COUNTRY,
          ADDRESS_COUNTRY_CODE, ADDRESS_LOC_ADDR_ID.
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

        fields: HONORIFIC, NAME, SECOND_NAME, LAST_NAME, PHOTO, BIRTHDATE, TYPE_ID, SOURCE_ID,
          SOURCE_DESCRIPTION, POST, COMMENTS, OPENED, EXPORT, ASSIGNED_BY_ID, COMPANY_ID,
          COMPANY_IDS, UTM_SOURCE, UTM_MEDIUM, UTM_CAMPAIGN, UTM_CONTENT, UTM_TERM, PHONE, EMAIL,
          WEB, IM, LINK, UF_..., PARENT_ID_..., ORIGINATOR_ID, ORIGIN_ID, ORIGIN_VERSION, ADDRESS,
          ADDRESS_2, ADDRESS_CITY, ADDRESS_POSTAL_CODE, ADDRESS_REGION, ADDRESS_PROVINCE,
          ADDRESS_COUNTRY, ADDRESS_COUNTRY_CODE, ADDRESS_LOC_ADDR_ID.
        params: REGISTER_SONET_EVENT, REGISTER_HISTORY_EVENT.
        """

class CrmContactCompany(Generic[C, R, V]):
    """``crm.contact.company``"""

    items: CrmContactCompanyItems[C, R, V]

    def add(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: COMPANY_ID*, IS_PRIMARY, SORT.
        """

    def delete(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: COMPANY_ID*.
        """

    def fields(self) -> C:
        """Scope: crm."""

class CrmContactCompanyItems(Generic[C, R, V]):
    """``crm.contact.company.items``"""

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> R:
        """Scope: crm."""

    def set(self, *, id: int, items: Sequence[Mapping[str, Any]]) -> C:
        """Scope: crm.

        items: COMPANY_ID*, IS_PRIMARY, SORT.
        """

class CrmContactDetails(Generic[C, R, V]):
    """``crm.contact.details``"""

    configuration: CrmContactDetailsConfiguration[C, R, V]

class CrmContactDetailsConfiguration(Generic[C, R, V]):
    """``crm.contact.details.configuration``"""

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

class CrmContactUserfield(Generic[C, R, V]):
    """``crm.contact.userfield``"""

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
