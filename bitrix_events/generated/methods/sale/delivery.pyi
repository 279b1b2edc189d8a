# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class SaleDelivery(Generic[C, R, V]):
    """``sale.delivery``"""

    config: SaleDeliveryConfig[C, R, V]
    extra: SaleDeliveryExtra[C, R, V]
    handler: SaleDeliveryHandler[C, R, V]
    request: SaleDeliveryRequest[C, R, V]

    def add(
        self,
        *,
        REST_CODE: str,
        NAME: str,
        CURRENCY: str,
        DESCRIPTION: str = ...,
        SORT: int = ...,
        ACTIVE: Literal["Y", "N"] = ...,
        CONFIG: Sequence[Mapping[str, Any]] = ...,
        LOGOTYPE: str = ...,
    ) -> C:
        """Scope: sale.

        CONFIG: CODE*, VALUE*.
        """

    def delete(self, *, ID: int | str) -> C:
        """Scope: sale."""

    def getlist(
        self,
        *,
        SELECT: Array = ...,
        FILTER: Mapping[str, Any] = ...,
        ORDER: Order = ...,
    ) -> R:
        """Scope: sale."""

    def update(
        self,
        *,
        ID: int | str,
        NAME: str = ...,
        CURRENCY: str = ...,
        DESCRIPTION: str = ...,
        SORT: int = ...,
        ACTIVE: Literal["Y", "N"] = ...,
        LOGOTYPE: str = ...,
    ) -> C:
        """Scope: sale."""

class SaleDeliveryConfig(Generic[C, R, V]):
    """``sale.delivery.config``"""

    def get(self, *, ID: int | str) -> R:
        """Scope: sale."""

    def update(self, *, ID: int | str, CONFIG: Sequence[Mapping[str, Any]] = ...) -> C:
        """Scope: sale.

        CONFIG: CODE*, VALUE*.
        """

class SaleDeliveryExtra(Generic[C, R, V]):
    """``sale.delivery.extra``"""

    service: SaleDeliveryExtraService[C, R, V]

class SaleDeliveryExtraService(Generic[C, R, V]):
    """``sale.delivery.extra.service``"""

    def add(
        self,
        *,
        DELIVERY_ID: int | str,
        TYPE: Literal["enum", "checkbox", "quantity"],
        NAME: str,
        ITEMS: Sequence[Mapping[str, Any]],
        ACTIVE: Literal["Y", "N"] = ...,
        CODE: str = ...,
        SORT: int = ...,
        DESCRIPTION: str = ...,
        PRICE: float | Decimal = ...,
    ) -> C:
        """Scope: delivery.

        ITEMS: TITLE*, CODE*, PRICE.
        """

    def delete(self, *, ID: int | str) -> C:
        """Scope: delivery."""

    def get(self, *, DELIVERY_ID: int | str) -> R:
        """Scope: delivery."""

    def update(
        self,
        *,
        ID: int | str,
        NAME: str = ...,
        ACTIVE: Literal["Y", "N"] = ...,
        CODE: str = ...,
        SORT: int = ...,
        DESCRIPTION: str = ...,
        PRICE: float | Decimal = ...,
        ITEMS: Sequence[Mapping[str, Any]] = ...,
    ) -> C:
        """Scope: delivery.

        ITEMS: TITLE*, CODE*, PRICE.
        """

class SaleDeliveryHandler(Generic[C, R, V]):
    """``sale.delivery.handler``"""

    def add(
        self,
        *,
        NAME: str,
        CODE: str,
        SETTINGS: Mapping[str, Any],
        PROFILES: Sequence[Mapping[str, Any]],
        SORT: int = ...,
        DESCRIPTION: int = ...,
    ) -> C:
        """Scope: sale.

        SETTINGS: CALCULATE_URL*, CREATE_DELIVERY_REQUEST_URL, CANCEL_DELIVERY_REQUEST_URL,
          HAS_CALLBACK_TRACKING_SUPPORT, CONFIG.
        PROFILES: NAME*, CODE*, DESCRIPTION.
        """

    def delete(self, *, ID: int | str) -> C:
        """Scope: sale."""

    def list(self) -> R:
        """Scope: sale."""

    def update(
        self,
        *,
        ID: int | str,
        NAME: str = ...,
        CODE: str = ...,
        SORT: int = ...,
        DESCRIPTION: str = ...,
        SETTINGS: Mapping[str, Any] = ...,
        PROFILES: Sequence[Mapping[str, Any]] = ...,
    ) -> C:
        """Scope: sale.

        SETTINGS: CALCULATE_URL*, CREATE_DELIVERY_REQUEST_URL, CANCEL_DELIVERY_REQUEST_URL,
          HAS_CALLBACK_TRACKING_SUPPORT, CONFIG.
        PROFILES: NAME*, CODE*, DESCRIPTION.
        """

class SaleDeliveryRequest(Generic[C, R, V]):
    """``sale.delivery.request``"""

    def delete(self, *, DELIVERY_ID: int | str, REQUEST_ID: str) -> C:
        """Scope: delivery."""

    def sendmessage(
        self,
        *,
        DELIVERY_ID: int | str,
        REQUEST_ID: str,
        ADDRESSEE: Literal["MANAGER", "RECIPIENT"],
        MESSAGE: Mapping[str, Any],
    ) -> C:
        """Scope: delivery.

        MESSAGE: SUBJECT*, BODY*, STATUS, MONEY_VALUES.
        """

    def update(
        self,
        *,
        DELIVERY_ID: int | str,
        REQUEST_ID: str,
        FINALIZE: Literal["Y", "N"] = ...,
        STATUS: Mapping[str, Any] = ...,
        PROPERTIES: Sequence[Mapping[str, Any]] = ...,
        OVERWRITE_PROPERTIES: Literal["Y", "N"] = ...,
    ) -> C:
        """Scope: delivery.

        STATUS: TEXT*, SEMANTIC*.
        PROPERTIES: NAME*, VALUE*, TAGS.
        """
