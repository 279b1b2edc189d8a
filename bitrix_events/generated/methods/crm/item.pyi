# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class CrmItem(Generic[C, R, V]):
    """``crm.item``"""

    delivery: CrmItemDelivery[C, R, V]
    details: CrmItemDetails[C, R, V]
    payment: CrmItemPayment[C, R, V]
    productrow: CrmItemProductrow[C, R, V]

    def add(
        self,
        *,
        entityTypeId: int,
        fields: Mapping[str, Any],
        useOriginalUfNames: Literal["Y", "N"] = ...,
    ) -> C:
        """Scope: crm.

        fields: title, honorific, name, secondName, lastName, birthdate, companyTitle, sourceId,
          sourceDescription, stageId, statusDescription, post, currencyId, isManualOpportunity,
          opportunity, opened, comments, assignedById, companyId, contactId, contactIds,
          originatorId, originId, webformId, observers, utmSource, utmMedium, utmCampaign,
          utmContent, utmTerm, ufCrm..., parentId..., fm, typeId, categoryId, isRecurring,
          probability, taxValue, quoteId, begindate, closedate, leadId, additionalInfo,
          locationId, photo, export, companyIds, originVersion, logo, bankingDetails, industry,
          employees, revenue, isMyCompany, content, terms, dealId, storageTypeId,
          storageElementIds, actualDate, mycompanyId, xmlId.
        """

    def batchImport(
        self,
        *,
        entityTypeId: int,
        data: Array,
        useOriginalUfNames: Literal["Y", "N"] = ...,
    ) -> C:
        """Scope: crm."""

    def delete(self, *, entityTypeId: int, id: int) -> C:
        """Scope: crm."""

    def fields(self, *, entityTypeId: int, useOriginalUfNames: Literal["Y", "N"] = ...) -> C:
        """Scope: crm."""

    def get(self, *, entityTypeId: int, id: int, useOriginalUfNames: Literal["Y", "N"] = ...) -> C:
        """Scope: crm."""

    def import_(
        self,
        *,
        entityTypeId: int,
        fields: Mapping[str, Any],
        useOriginalUfNames: Literal["Y", "N"] = ...,
    ) -> C:
        """Scope: crm.

        fields: title, honorific, name, secondName, lastName, birthdate, companyTitle, sourceId,
          sourceDescription, stageId, statusDescription, post, currencyId, isManualOpportunity,
          opportunity, opened, comments, assignedById, companyId, contactId, contactIds,
          originatorId, originId, webformId, observers, utmSource, utmMedium, utmCampaign,
          utmContent, utmTerm, ufCrm..., parentId..., typeId, categoryId, isRecurring,
          probability, taxValue, quoteId, begindate, closedate, leadId, additionalInfo,
          locationId, photo, export, companyIds, originVersion, logo, bankingDetails, industry,
          employees, revenue, isMyCompany, content, terms, dealId, storageTypeId,
          storageElementIds, actualDate, mycompanyId, xmlId.
        """

    def list(
        self,
        *,
        entityTypeId: int,
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Order = ...,
        start: int = ...,
        useOriginalUfNames: Literal["Y", "N"] = ...,
    ) -> R:
        """Scope: crm."""

    def update(
        self,
        *,
        entityTypeId: int,
        id: int,
        fields: Mapping[str, Any],
        useOriginalUfNames: Literal["Y", "N"] = ...,
    ) -> C:
        """Scope: crm.

        fields: title, honorific, name, secondName, lastName, birthdate, companyTitle, sourceId,
          sourceDescription, stageId, statusDescription, post, currencyId, isManualOpportunity,
          opportunity, opened, comments, assignedById, companyId, contactId, contactIds,
          originatorId, originId, webformId, observers, utmSource, utmMedium, utmCampaign,
          utmContent, utmTerm, ufCrm..., parentId..., fm, typeId, categoryId, isRecurring,
          probability, taxValue, quoteId, begindate, closedate, leadId, additionalInfo,
          locationId, photo, export, companyIds, originVersion, logo, bankingDetails, industry,
          employees, revenue, isMyCompany, content, terms, dealId, storageTypeId,
          storageElementIds, actualDate, mycompanyId, xmlId.
        """

class CrmItemDelivery(Generic[C, R, V]):
    """``crm.item.delivery``"""

    def get(self, *, id: int) -> C:
        """Scope: crm."""

    def list(
        self,
        *,
        entityId: int,
        entityTypeId: int,
        filter: Mapping[str, Any] = ...,
        order: Mapping[str, Any] = ...,
    ) -> R:
        """Scope: crm."""

class CrmItemDetails(Generic[C, R, V]):
    """``crm.item.details``"""

    configuration: CrmItemDetailsConfiguration[C, R, V]

class CrmItemDetailsConfiguration(Generic[C, R, V]):
    """``crm.item.details.configuration``"""

    def forceCommonScopeForAll(self, *, entityTypeId: int, extras: Mapping[str, Any] = ...) -> C:
        """Scope: crm."""

    def get(
        self,
        *,
        entityTypeId: int,
        userId: int = ...,
        scope: Literal["P", "C"] = ...,
        extras: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: crm."""

    def reset(
        self,
        *,
        entityTypeId: int,
        userId: int = ...,
        scope: Literal["P", "C"] = ...,
        extras: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: crm."""

    def set(
        self,
        *,
        entityTypeId: int,
        data: Sequence[Mapping[str, Any]],
        userId: int = ...,
        scope: Literal["P", "C"] = ...,
        extras: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: crm.

        data: name*, title*, type*, elements.
        """

class CrmItemPayment(Generic[C, R, V]):
    """``crm.item.payment``"""

    delivery: CrmItemPaymentDelivery[C, R, V]
    product: CrmItemPaymentProduct[C, R, V]

    def add(self, *, entityId: int, entityTypeId: int) -> C:
        """Scope: crm."""

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> C:
        """Scope: crm."""

    def list(
        self,
        *,
        entityId: int,
        entityTypeId: int,
        filter: Mapping[str, Any] = ...,
        order: Mapping[str, Any] = ...,
    ) -> R:
        """Scope: crm."""

    def pay(self, *, id: int) -> C:
        """Scope: crm."""

    def unpay(self, *, id: int) -> C:
        """Scope: crm."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: paid, paySystemId.
        """

class CrmItemPaymentDelivery(Generic[C, R, V]):
    """``crm.item.payment.delivery``"""

    def add(self, *, paymentId: int, deliveryId: int) -> C:
        """Scope: crm."""

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def list(
        self,
        *,
        paymentId: int,
        filter: Mapping[str, Any],
        order: Mapping[str, Any] = ...,
    ) -> R:
        """Scope: crm.

        filter: id, quantity.
        order: id, quantity.
        """

    def setDelivery(self, *, id: int, deliveryId: int) -> C:
        """Scope: crm."""

class CrmItemPaymentProduct(Generic[C, R, V]):
    """``crm.item.payment.product``"""

    def add(self, *, paymentId: int, rowId: int, quantity: float | Decimal) -> C:
        """Scope: crm."""

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def list(
        self,
        *,
        paymentId: int,
        filter: Mapping[str, Any],
        order: Mapping[str, Any] = ...,
    ) -> R:
        """Scope: crm.

        filter: id, quantity.
        order: id, quantity.
        """

    def setQuantity(self, *, id: int, quantity: float | Decimal) -> C:
        """Scope: crm."""

class CrmItemProductrow(Generic[C, R, V]):
    """``crm.item.productrow``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: ownerId*, ownerType*, productId, productName, price, quantity, discountTypeId,
          discountRate, discountSum, taxRate, taxIncluded, measureCode, sort.
        """

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def fields(self) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> C:
        """Scope: crm."""

    def getAvailableForPayment(self, *, ownerId: int, ownerType: str) -> R:
        """Scope: crm."""

    def list(self, *, filter: Mapping[str, Any], order: Order = ..., start: int = ...) -> R:
        """Scope: crm."""

    def set(self, *, ownerId: int, ownerType: str, productRows: Sequence[Mapping[str, Any]]) -> C:
        """Scope: crm.

        productRows: productId, productName, price, quantity, discountTypeId, discountRate,
          discountSum, taxRate, taxIncluded, measureCode, sort.
        """

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: productId, productName, price, quantity, discountTypeId, discountRate,
          discountSum, taxRate, taxIncluded, measureCode, sort.
        """
