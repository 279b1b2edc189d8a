# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import C, Order, R, V

class CrmQuote(Generic[C, R, V]):
    """``crm.quote``"""

    contact: CrmQuoteContact[C, R, V]
    productrows: CrmQuoteProductrows[C, R, V]
    userfield: CrmQuoteUserfield[C, R, V]

    @deprecated("use crm.item.add")
    def add(self, *, fields: Mapping[str, Any], params: Mapping[str, Any] = ...) -> C:
        """Scope: crm.

        fields: TITLE*, STATUS_ID, CURRENCY_ID, OPPORTUNITY, ASSIGNED_BY_ID, COMPANY_ID,
          CONTACT_IDS, MYCOMPANY_ID, OPENED, PERSON_TYPE_ID, BEGINDATE, CLOSEDATE, CLIENT_TITLE,
          CLIENT_ADDR, CLIENT_EMAIL, CLIENT_PHONE, COMMENTS.
        params: IMPORT, DATE_CREATE, DATE_MODIFY, CREATED_BY_ID, MODIFY_BY_ID.
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

        fields: TITLE, STATUS_ID, CURRENCY_ID, OPPORTUNITY, ASSIGNED_BY_ID, COMPANY_ID,
          CONTACT_IDS, MYCOMPANY_ID, OPENED, PERSON_TYPE_ID, BEGINDATE, CLOSEDATE, CLIENT_TITLE,
          CLIENT_ADDR, CLIENT_EMAIL, CLIENT_PHONE, COMMENTS, PARENT_ID_....
        params: REGISTER_HISTORY_EVENT.
        """

class CrmQuoteContact(Generic[C, R, V]):
    """``crm.quote.contact``"""

    items: CrmQuoteContactItems[C, R, V]

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

class CrmQuoteContactItems(Generic[C, R, V]):
    """``crm.quote.contact.items``"""

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> R:
        """Scope: crm."""

    def set(self, *, id: int, items: Sequence[Mapping[str, Any]]) -> C:
        """Scope: crm.

        items: CONTACT_ID*, IS_PRIMARY, SORT.
        """

class CrmQuoteProductrows(Generic[C, R, V]):
    """``crm.quote.productrows``"""

    @deprecated("use crm.item.productrow.*")
    def get(self, *, id: int) -> R:
        """Scope: crm."""

    @deprecated("use crm.item.productrow.*")
    def set(self, *, id: int, rows: Sequence[Mapping[str, Any]] = ...) -> C:
        """Scope: crm.

        rows: PRODUCT_ID, PRODUCT_NAME, PRODUCT_DESCRIPTION, PRICE, QUANTITY, DISCOUNT_TYPE_ID,
          DISCOUNT_RATE, DISCOUNT_SUM, TAX_RATE, TAX_INCLUDED, MEASURE_CODE, MEASURE_NAME, SORT.
        """

class CrmQuoteUserfield(Generic[C, R, V]):
    """``crm.quote.userfield``"""

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
