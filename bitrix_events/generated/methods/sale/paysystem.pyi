# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class SalePaysystem(Generic[C, R, V]):
    """``sale.paysystem``"""

    handler: SalePaysystemHandler[C, R, V]
    pay: SalePaysystemPay[C, R, V]
    settings: SalePaysystemSettings[C, R, V]

    def add(
        self,
        *,
        NAME: str,
        PERSON_TYPE_ID: int,
        BX_REST_HANDLER: str,
        DESCRIPTION: str = ...,
        ACTIVE: Literal["Y", "N"] = ...,
        SETTINGS: Mapping[str, Any] = ...,
        ENTITY_REGISTRY_TYPE: Literal["ORDER", "CRM_INVOICE", "CRM_QUOTE"] = ...,
        LOGOTYPE: str = ...,
        NEW_WINDOW: Literal["Y", "N"] = ...,
        XML_ID: str = ...,
    ) -> C:
        """Scope: pay_system."""

    def delete(self, *, ID: int | str) -> C:
        """Scope: pay_system."""

    def list(
        self,
        *,
        SELECT: Array = ...,
        FILTER: Mapping[str, Any] = ...,
        ORDER: Order = ...,
    ) -> R:
        """Scope: pay_system."""

    def update(self, *, ID: int | str, FIELDS: Mapping[str, Any] = ...) -> C:
        """Scope: pay_system.

        FIELDS: NAME, DESCRIPTION, PERSON_TYPE_ID, BX_REST_HANDLER, ACTIVE, LOGOTYPE, NEW_WINDOW,
          XML_ID.
        """

class SalePaysystemHandler(Generic[C, R, V]):
    """``sale.paysystem.handler``"""

    def add(self, *, NAME: str, CODE: str, SETTINGS: Mapping[str, Any], SORT: int = ...) -> C:
        """Scope: pay_system.

        SETTINGS: CODES*, FORM_DATA, CHECKOUT_DATA, IFRAME_DATA, CLIENT_TYPE, CURRENCY.
        """

    def delete(self, *, ID: int | str) -> C:
        """Scope: pay_system."""

    def list(self) -> R:
        """Scope: pay_system."""

    def update(self, *, ID: int | str, FIELDS: Mapping[str, Any]) -> C:
        """Scope: pay_system.

        FIELDS: NAME, CODE, SETTINGS, SORT.
        """

class SalePaysystemPay(Generic[C, R, V]):
    """``sale.paysystem.pay``"""

    @deprecated("the documentation names no replacement")
    def invoice(
        self,
        *,
        INVOICE_ID: int,
        PAY_SYSTEM_ID: int | str = ...,
        BX_REST_HANDLER: str = ...,
    ) -> C:
        """Scope: pay_system."""

    def payment(self, *, PAYMENT_ID: int, PAY_SYSTEM_ID: int | str) -> C:
        """Scope: pay_system."""

class SalePaysystemSettings(Generic[C, R, V]):
    """``sale.paysystem.settings``"""

    invoice: SalePaysystemSettingsInvoice[C, R, V]
    payment: SalePaysystemSettingsPayment[C, R, V]

    def get(self, *, ID: int | str, PERSON_TYPE_ID: int) -> C:
        """Scope: pay_system."""

    def update(self, *, ID: int | str, SETTINGS: Mapping[str, Any], PERSON_TYPE_ID: int = ...) -> C:
        """Scope: pay_system.

        SETTINGS: TYPE, VALUE.
        """

class SalePaysystemSettingsInvoice(Generic[C, R, V]):
    """``sale.paysystem.settings.invoice``"""

    @deprecated("the documentation names no replacement")
    def get(
        self,
        *,
        INVOICE_ID: int,
        PAY_SYSTEM_ID: int | str = ...,
        BX_REST_HANDLER: str = ...,
    ) -> C:
        """Scope: pay_system."""

class SalePaysystemSettingsPayment(Generic[C, R, V]):
    """``sale.paysystem.settings.payment``"""

    def get(self, *, PAYMENT_ID: int, PAY_SYSTEM_ID: int | str) -> C:
        """Scope: pay_system."""
