# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import Array, C, R, V

class CrmLead(Generic[C, R, V]):
    """``crm.lead``"""

    contact: CrmLeadContact[C, R, V]
    details: CrmLeadDetails[C, R, V]
    productrows: CrmLeadProductrows[C, R, V]
    userfield: CrmLeadUserfield[C, R, V]

    @deprecated("use crm.item.add")
    def add(self, *, fields: Mapping[str, Any] = ..., params: Mapping[str, Any] = ...) -> C:
        """Scope: crm.

        fields: ADDRESS, ADDRESS_2, ADDRESS_CITY, ADDRESS_COUNTRY, ADDRESS_COUNTRY_CODE,
          ADDRESS_POSTAL_CODE, ADDRESS_PROVINCE, ADDRESS_REGION, ASSIGNED_BY_ID, BIRTHDATE,
          COMMENTS, COMPANY_ID, COMPANY_TITLE, CONTACT_ID, CONTACT_IDS, CURRENCY_ID, EMAIL,
          HONORIFIC, IM, LINK, LAST_NAME, NAME, SECOND_NAME, OPENED, OPPORTUNITY,
          IS_MANUAL_OPPORTUNITY, ORIGINATOR_ID, ORIGIN_ID, PHONE, POST, SOURCE_DESCRIPTION,
          SOURCE_ID, STATUS_DESCRIPTION, STATUS_ID, TITLE, UTM_CAMPAIGN, UTM_CONTENT, UTM_MEDIUM,
          UTM_SOURCE, UTM_TERM, WEB, UF_....
        params: REGISTER_SONET_EVENT.
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
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: crm."""

    @deprecated("use crm.item.update")
    def update(
        self,
        *,
        id: int,
        fields: Mapping[str, Any] = ...,
        params: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: crm.

        fields: ADDRESS, ADDRESS_2, ADDRESS_CITY, ADDRESS_COUNTRY, ADDRESS_COUNTRY_CODE,
          ADDRESS_POSTAL_CODE, ADDRESS_PROVINCE, ADDRESS_REGION, ASSIGNED_BY_ID, BIRTHDATE,
          COMMENTS, COMPANY_ID, COMPANY_TITLE, CONTACT_ID, CONTACT_IDS, CURRENCY_ID, EMAIL,
          HONORIFIC, IM, LINK, LAST_NAME, NAME, SECOND_NAME, OPENED, OPPORTUNITY,
          IS_MANUAL_OPPORTUNITY, ORIGINATOR_ID, ORIGIN_ID, PHONE, POST, SOURCE_DESCRIPTION,
          SOURCE_ID, STATUS_DESCRIPTION, STATUS_ID, TITLE, UTM_CAMPAIGN, UTM_CONTENT, UTM_MEDIUM,
          UTM_SOURCE, UTM_TERM, WEB, UF_....
        params: REGISTER_SONET_EVENT.
        """

class CrmLeadContact(Generic[C, R, V]):
    """``crm.lead.contact``"""

    items: CrmLeadContactItems[C, R, V]

    def add(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: CONTACT_ID*, SORT, IS_PRIMARY.
        """

    def delete(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: CONTACT_ID*.
        """

    def fields(self) -> C:
        """Scope: crm."""

class CrmLeadContactItems(Generic[C, R, V]):
    """``crm.lead.contact.items``"""

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> R:
        """Scope: crm."""

    def set(self, *, id: int, items: Mapping[str, Any]) -> C:
        """Scope: crm.

        items: SORT, IS_PRIMARY.
        """

class CrmLeadDetails(Generic[C, R, V]):
    """``crm.lead.details``"""

    configuration: CrmLeadDetailsConfiguration[C, R, V]

class CrmLeadDetailsConfiguration(Generic[C, R, V]):
    """``crm.lead.details.configuration``"""

    @deprecated("use crm.item.details.configuration.forceCommonScopeForAll")
    def forceCommonScopeForAll(self, *, extras: Mapping[str, Any] = ...) -> C:
        """Scope: crm.

        extras: leadCustomerType.
        """

    @deprecated("use crm.item.details.configuration.get")
    def get(
        self,
        *,
        userId: int = ...,
        scope: Literal["P", "C"] = ...,
        extras: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: crm.

        extras: lead.customer.type.
        """

    @deprecated("use crm.item.details.configuration.reset")
    def reset(
        self,
        *,
        userId: int = ...,
        scope: Literal["P", "C"] = ...,
        extras: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: crm.

        extras: lead.customer.type.
        """

    @deprecated("use crm.item.details.configuration.set")
    def set(
        self,
        *,
        data: Sequence[Mapping[str, Any]],
        userId: int = ...,
        scope: Literal["P", "C"] = ...,
        extras: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: crm.

        data: name*, title*, type*, elements.
        extras: leadCustomerType.
        """

class CrmLeadProductrows(Generic[C, R, V]):
    """``crm.lead.productrows``"""

    @deprecated("use crm.item.productrow.*")
    def get(self, *, id: int) -> R:
        """Scope: crm."""

    @deprecated("use crm.item.productrow.*")
    def set(self, *, id: int, rows: Sequence[Mapping[str, Any]] = ...) -> C:
        """Scope: crm.

        rows: PRODUCT_ID, PRODUCT_NAME, PRICE, PRICE_EXCLUSIVE, PRICE_NETTO, PRICE_BRUTTO,
          QUANTITY, DISCOUNT_TYPE_ID, DISCOUNT_RATE, DISCOUNT_SUM, TAX_RATE, TAX_INCLUDED,
          MEASURE_CODE, MEASURE_NAME, SORT.
        """

class CrmLeadUserfield(Generic[C, R, V]):
    """``crm.lead.userfield``"""

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
