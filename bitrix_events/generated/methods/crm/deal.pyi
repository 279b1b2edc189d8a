# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import C, Order, R, V

class CrmDeal(Generic[C, R, V]):
    """``crm.deal``"""

    contact: CrmDealContact[C, R, V]
    details: CrmDealDetails[C, R, V]
    productrows: CrmDealProductrows[C, R, V]
    recurring: CrmDealRecurring[C, R, V]
    userfield: CrmDealUserfield[C, R, V]

    @deprecated("use crm.item.add")
    def add(self, *, fields: Mapping[str, Any] = ..., params: Mapping[str, Any] = ...) -> C:
        """Scope: crm.

        fields: TITLE, TYPE_ID, CATEGORY_ID, STAGE_ID, IS_RECURRING, IS_RETURN_CUSTOMER,
          IS_REPEATED_APPROACH, PROBABILITY, CURRENCY_ID, OPPORTUNITY, IS_MANUAL_OPPORTUNITY,
          TAX_VALUE, COMPANY_ID, CONTACT_ID, CONTACT_IDS, BEGINDATE, CLOSEDATE, OPENED, CLOSED,
          COMMENTS, ASSIGNED_BY_ID, SOURCE_ID, SOURCE_DESCRIPTION, ADDITIONAL_INFO, LOCATION_ID,
          ORIGINATOR_ID, ORIGIN_ID, UTM_SOURCE, UTM_MEDIUM, UTM_CAMPAIGN, UTM_CONTENT, UTM_TERM,
          TRACE, UF_CRM_..., PARENT_ID_....
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
        select: Sequence[str] = ...,
        filter: Mapping[str, Any] = ...,
        order: Order = ...,
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

        fields: TITLE, TYPE_ID, STAGE_ID, IS_RECURRING, IS_RETURN_CUSTOMER, IS_REPEATED_APPROACH,
          PROBABILITY, CURRENCY_ID, OPPORTUNITY, IS_MANUAL_OPPORTUNITY, TAX_VALUE, COMPANY_ID,
          CONTACT_ID, CONTACT_IDS, BEGINDATE, CLOSEDATE, OPENED, CLOSED, COMMENTS, ASSIGNED_BY_ID,
          SOURCE_ID, SOURCE_DESCRIPTION, ADDITIONAL_INFO, LOCATION_ID, ORIGINATOR_ID, ORIGIN_ID,
          UTM_SOURCE, UTM_MEDIUM, UTM_CAMPAIGN, UTM_CONTENT, UTM_TERM, UF_CRM_..., PARENT_ID_....
        params: REGISTER_SONET_EVENT, REGISTER_HISTORY_EVENT.
        """

class CrmDealContact(Generic[C, R, V]):
    """``crm.deal.contact``"""

    items: CrmDealContactItems[C, R, V]

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

class CrmDealContactItems(Generic[C, R, V]):
    """``crm.deal.contact.items``"""

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> R:
        """Scope: crm."""

    def set(self, *, id: int, items: Sequence[Mapping[str, Any]]) -> C:
        """Scope: crm.

        items: CONTACT_ID*, IS_PRIMARY, SORT.
        """

class CrmDealDetails(Generic[C, R, V]):
    """``crm.deal.details``"""

    configuration: CrmDealDetailsConfiguration[C, R, V]

class CrmDealDetailsConfiguration(Generic[C, R, V]):
    """``crm.deal.details.configuration``"""

    @deprecated("use crm.item.details.configuration.forceCommonScopeForAll")
    def forceCommonScopeForAll(self, *, extras: Mapping[str, Any] = ...) -> C:
        """Scope: crm.

        extras: dealCategoryId.
        """

    @deprecated("use crm.item.details.configuration.get")
    def get(
        self,
        *,
        scope: Literal["P", "C"] = ...,
        userId: int = ...,
        extras: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: crm.

        extras: dealCategoryId.
        """

    @deprecated("use crm.item.details.configuration.reset")
    def reset(
        self,
        *,
        scope: Literal["P", "C"] = ...,
        userId: int = ...,
        extras: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: crm.

        extras: dealCategoryId.
        """

    @deprecated("use crm.item.details.configuration.set")
    def set(
        self,
        *,
        data: Sequence[Mapping[str, Any]],
        scope: Literal["P", "C"] = ...,
        userId: int = ...,
        extras: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: crm.

        data: name*, title*, type*, elements.
        extras: dealCategoryId.
        """

class CrmDealProductrows(Generic[C, R, V]):
    """``crm.deal.productrows``"""

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

class CrmDealRecurring(Generic[C, R, V]):
    """``crm.deal.recurring``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: DEAL_ID, ACTIVE, CATEGORY_ID, IS_LIMIT, LIMIT_REPEAT, LIMIT_DATE, START_DATE,
          PARAMS.
        """

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def expose(self, *, id: int) -> C:
        """Scope: crm."""

    def fields(self) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> C:
        """Scope: crm."""

    def list(self, *, order: Order = ..., filter: Mapping[str, Any] = ..., start: int = ...) -> R:
        """Scope: crm."""

    def update(self, *, id: int, fields: Mapping[str, Any] = ...) -> C:
        """Scope: crm.

        fields: ACTIVE, CATEGORY_ID, IS_LIMIT, LIMIT_REPEAT, LIMIT_DATE, START_DATE, PARAMS.
        """

class CrmDealUserfield(Generic[C, R, V]):
    """``crm.deal.userfield``"""

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
