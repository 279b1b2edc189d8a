# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class CatalogProduct(Generic[C, R, V]):
    """``catalog.product``"""

    offer: CatalogProductOffer[C, R, V]
    service: CatalogProductService[C, R, V]
    sku: CatalogProductSku[C, R, V]

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: iblockId*, name*, active, code, xmlId, barcodeMulti, canBuyZero, createdBy,
          modifiedBy, dateActiveFrom, dateActiveTo, dateCreate, iblockSectionId, IblockSection,
          measure, previewText, detailText, previewPicture, detailPicture, previewTextType,
          detailTextType, sort, subscribe, vatId, vatIncluded, height, length, weight, width,
          quantityTrace, purchasingCurrency, purchasingPrice, quantity, quantityReserved,
          recurSchemeLength, recurSchemeType, trialPriceId, withoutOrder, propertyN.
        """

    def delete(self, *, id: int) -> C:
        """Scope: catalog."""

    def download(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: fileId*, productId*, fieldName*.
        """

    def get(self, *, id: int) -> C:
        """Scope: catalog."""

    def getFieldsByFilter(self, *, filter: Mapping[str, Any]) -> C:
        """Scope: catalog.

        filter: iblockId*.
        """

    def list(
        self,
        *,
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Order = ...,
        start: str = ...,
    ) -> R:
        """Scope: catalog."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: name, active, code, xmlId, barcodeMulti, canBuyZero, createdBy, modifiedBy,
          dateActiveFrom, dateActiveTo, dateCreate, iblockSectionId, IblockSection, measure,
          previewText, detailText, previewPicture, detailPicture, previewTextType, detailTextType,
          sort, subscribe, vatId, vatIncluded, height, length, weight, width, quantityTrace,
          purchasingCurrency, purchasingPrice, quantity, quantityReserved, recurSchemeLength,
          recurSchemeType, trialPriceId, withoutOrder, propertyN.
        """

class CatalogProductOffer(Generic[C, R, V]):
    """``catalog.product.offer``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: iblockId*, name*, active, code, xmlId, barcodeMulti, canBuyZero, createdBy,
          modifiedBy, dateActiveFrom, dateActiveTo, dateCreate, iblockSectionId, IblockSection,
          measure, previewText, detailText, previewPicture, detailPicture, previewTextType,
          detailTextType, sort, subscribe, vatId, vatIncluded, height, length, weight, width,
          quantityTrace, purchasingCurrency, purchasingPrice, quantity, quantityReserved,
          recurSchemeLength, recurSchemeType, trialPriceId, withoutOrder, parentId, propertyN.
        """

    def delete(self, *, id: int) -> C:
        """Scope: catalog."""

    def download(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: fileId*, productId*, fieldName*.
        """

    def get(self, *, id: int) -> C:
        """Scope: catalog."""

    def getFieldsByFilter(self, *, filter: Mapping[str, Any]) -> C:
        """Scope: catalog.

        filter: iblockId*.
        """

    def list(
        self,
        *,
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Order = ...,
        start: int = ...,
    ) -> R:
        """Scope: catalog."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: name, active, code, xmlId, barcodeMulti, canBuyZero, createdBy, modifiedBy,
          dateActiveFrom, dateActiveTo, dateCreate, iblockSectionId, IblockSection, measure,
          previewText, detailText, previewPicture, detailPicture, previewTextType, detailTextType,
          sort, subscribe, vatId, vatIncluded, height, length, weight, width, quantityTrace,
          purchasingCurrency, purchasingPrice, quantity, quantityReserved, recurSchemeLength,
          recurSchemeType, trialPriceId, withoutOrder, parentId, propertyN.
        """

class CatalogProductService(Generic[C, R, V]):
    """``catalog.product.service``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: iblockId*, name*, active, code, xmlId, createdBy, modifiedBy, dateActiveFrom,
          dateActiveTo, dateCreate, iblockSectionId, IblockSection, measure, previewText,
          detailText, previewPicture, detailPicture, previewTextType, detailTextType, sort, vatId,
          vatIncluded, propertyN.
        """

    def delete(self, *, id: int) -> C:
        """Scope: catalog."""

    def download(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: fileId*, productId*, fieldName*.
        """

    def get(self, *, id: int) -> C:
        """Scope: catalog."""

    def getFieldsByFilter(self, *, filter: Mapping[str, Any]) -> C:
        """Scope: catalog.

        filter: iblockId*.
        """

    def list(
        self,
        *,
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Order = ...,
        start: int = ...,
    ) -> R:
        """Scope: catalog."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: name, active, code, xmlId, createdBy, modifiedBy, dateActiveFrom, dateActiveTo,
          dateCreate, iblockSectionId, IblockSection, measure, previewText, detailText,
          previewPicture, detailPicture, previewTextType, detailTextType, sort, vatId,
          vatIncluded, propertyN.
        """

class CatalogProductSku(Generic[C, R, V]):
    """``catalog.product.sku``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: iblockId*, name*, active, code, xmlId, canBuyZero, createdBy, modifiedBy,
          dateActiveFrom, dateActiveTo, dateCreate, iblockSectionId, IblockSection, measure,
          previewText, detailText, previewPicture, detailPicture, previewTextType, detailTextType,
          sort, subscribe, vatId, vatIncluded, height, length, weight, width, purchasingCurrency,
          purchasingPrice, quantity, propertyN.
        """

    def delete(self, *, id: int) -> C:
        """Scope: catalog."""

    def download(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: fileId*, productId*, fieldName*.
        """

    def get(self, *, id: int) -> C:
        """Scope: catalog."""

    def getFieldsByFilter(self, *, filter: Mapping[str, Any]) -> C:
        """Scope: catalog.

        filter: iblockId*.
        """

    def list(
        self,
        *,
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Order = ...,
        start: int = ...,
    ) -> R:
        """Scope: catalog."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: catalog.

        fields: name, active, code, xmlId, canBuyZero, createdBy, modifiedBy, dateActiveFrom,
          dateActiveTo, dateCreate, iblockSectionId, IblockSection, measure, previewText,
          detailText, previewPicture, detailPicture, previewTextType, detailTextType, sort,
          subscribe, vatId, vatIncluded, height, length, weight, width, purchasingCurrency,
          purchasingPrice, quantity, propertyN.
        """
