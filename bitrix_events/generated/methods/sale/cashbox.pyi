# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class SaleCashbox(Generic[C, R, V]):
    """``sale.cashbox``"""

    check: SaleCashboxCheck[C, R, V]
    handler: SaleCashboxHandler[C, R, V]

    def add(
        self,
        *,
        NAME: str,
        REST_CODE: str,
        EMAIL: str,
        OFD: Literal[
            "bx_firstofd",
            "bx_platformaofd",
            "bx_yarusofd",
            "bx_taxcomofd",
            "bx_ofdruofd",
            "bx_tenzorofd",
            "bx_conturofd",
        ] = ...,
        OFD_SETTINGS: Mapping[str, Any] = ...,
        NUMBER_KKM: str = ...,
        ACTIVE: Literal["Y", "N"] = ...,
        SORT: int = ...,
        USE_OFFLINE: Literal["Y", "N"] = ...,
        SETTINGS: Array = ...,
    ) -> C:
        """Scope: cashbox.

        OFD_SETTINGS: OFD_MODE, SELLER_INFO, AUTH.
        """

    def delete(self, *, ID: int | str) -> C:
        """Scope: cashbox."""

    def list(
        self,
        *,
        SELECT: Array = ...,
        FILTER: Mapping[str, Any] = ...,
        ORDER: Order = ...,
    ) -> R:
        """Scope: cashbox."""

    def update(self, *, ID: int | str, FIELDS: Mapping[str, Any]) -> C:
        """Scope: cashbox.

        FIELDS: NAME, EMAIL, OFD, OFD_SETTINGS, NUMBER_KKM, ACTIVE, SORT, USE_OFFLINE, SETTINGS.
        """

class SaleCashboxCheck(Generic[C, R, V]):
    """``sale.cashbox.check``"""

    def apply(
        self,
        *,
        UUID: str,
        PRINT_END_TIME: str = ...,
        REG_NUMBER_KKT: str = ...,
        FISCAL_DOC_ATTR: str = ...,
        FISCAL_DOC_NUMBER: str = ...,
        FISCAL_RECEIPT_NUMBER: str = ...,
        FN_NUMBER: str = ...,
        SHIFT_NUMBER: str = ...,
    ) -> C:
        """Scope: cashbox."""

class SaleCashboxHandler(Generic[C, R, V]):
    """``sale.cashbox.handler``"""

    def add(
        self,
        *,
        CODE: str,
        NAME: str,
        SETTINGS: Mapping[str, Any],
        SORT: int = ...,
        SUPPORTS_FFD105: Literal["Y", "N"] = ...,
    ) -> C:
        """Scope: cashbox.

        SETTINGS: PRINT_URL*, CHECK_URL*, HTTP_VERSION, CONFIG*.
        """

    def delete(self, *, ID: int | str) -> C:
        """Scope: cashbox."""

    def list(self) -> R:
        """Scope: cashbox."""

    def update(self, *, ID: int | str, FIELDS: Mapping[str, Any]) -> C:
        """Scope: cashbox."""
