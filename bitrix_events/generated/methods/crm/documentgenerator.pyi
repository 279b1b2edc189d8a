# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class CrmDocumentgenerator(Generic[C, R, V]):
    """``crm.documentgenerator``"""

    document: CrmDocumentgeneratorDocument[C, R, V]
    numerator: CrmDocumentgeneratorNumerator[C, R, V]
    template: CrmDocumentgeneratorTemplate[C, R, V]

class CrmDocumentgeneratorDocument(Generic[C, R, V]):
    """``crm.documentgenerator.document``"""

    def add(
        self,
        *,
        templateId: int,
        entityTypeId: Literal[1, 2, 3, 4, 5, 7, 31],
        entityId: int,
        values: Mapping[str, Any] = ...,
        stampsEnabled: Literal[1, 0] = ...,
        fields: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: crm."""

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def download(self, **others: Any) -> C:
        """Scope: crm."""

    def enablepublicurl(self, *, id: int, status: Literal[1, 0] = ...) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> C:
        """Scope: crm."""

    def getImage(self, **others: Any) -> C:
        """Scope: crm."""

    def getPdf(self, **others: Any) -> C:
        """Scope: crm."""

    def getfields(self, *, id: int, values: Mapping[str, Any] = ...) -> C:
        """Scope: crm.

        values: DocumentNumber, DocumentCreateTime, DocumentTitle, ClientPhone, ClientEmail,
          ProductsProductName, ProductsProductQuantity, TotalSum.
        """

    def list(
        self,
        *,
        select: Sequence[str] = ...,
        filter: Mapping[str, Any] = ...,
        order: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: crm.

        select: id, title, number, templateId, entityTypeId, entityId, fileId, imageId, pdfId,
          createTime, updateTime, createdBy, updatedBy, values, downloadUrl, imageUrl, pdfUrl,
          downloadUrlMachine, pdfUrlMachine, imageUrlMachine, stampsEnabled.
        filter: id, title, number, templateId, entityTypeId, entityId, fileId, imageId, pdfId,
          createTime, updateTime, createdBy, updatedBy, values, downloadUrl, imageUrl, pdfUrl,
          downloadUrlMachine, pdfUrlMachine, imageUrlMachine, stampsEnabled.
        order: id, title, number, templateId, entityTypeId, entityId, fileId, imageId, pdfId,
          createTime, updateTime, createdBy, updatedBy, values, downloadUrl, imageUrl, pdfUrl,
          downloadUrlMachine, pdfUrlMachine, imageUrlMachine, stampsEnabled.
        """

    def update(
        self,
        *,
        id: int,
        values: Mapping[str, Any] = ...,
        stampsEnabled: Literal[1, 0] = ...,
    ) -> C:
        """Scope: crm."""

    def upload(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: entityTypeId*, entityId*, fileContent*, region*, title*, number*, pdfContent,
          imageContent.
        """

class CrmDocumentgeneratorNumerator(Generic[C, R, V]):
    """``crm.documentgenerator.numerator``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: name*, template*, settings.
        """

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> C:
        """Scope: crm."""

    def list(self, *, start: int = ...) -> R:
        """Scope: crm."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: name, template, settings.
        """

class CrmDocumentgeneratorTemplate(Generic[C, R, V]):
    """``crm.documentgenerator.template``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: name*, file*, numeratorId*, region*, entityTypeId*, users, active, withStamps,
          sort.
        """

    def delete(self, *, id: int) -> C:
        """Scope: crm."""

    def download(self, **others: Any) -> C:
        """Scope: crm."""

    def get(self, *, id: int) -> C:
        """Scope: crm."""

    def getfields(
        self,
        *,
        id: int,
        entityTypeId: int,
        entityId: int = ...,
        values: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: crm.

        values: MyCompanyRequisiteRqCompanyName, MyCompanyRequisiteRegisteredAddressText,
          MyCompanyPhone, MyCompanyEmail, MyCompanyWeb, MyCompanyUfLogo, RequisiteRqCompanyName,
          RequisiteRegisteredAddressText, ClientPhone, ClientEmail, ClientWeb, DocumentNumber,
          DocumentCreateTime, ProductsIndex, ProductsProductName, ProductsProductQuantity,
          ProductsProductMeasureName, ProductsProductPriceRaw, ProductsProductPriceRawSum,
          TotalRaw, TaxesTaxTitle, TaxesTaxRate, TaxesTaxValue, TotalSum, MyCompanyAssignedName,
          MyCompanyAssignedLastName, MyCompanyAssignedPersonalPhone, MyCompanyAssignedEmail,
          DocumentTitle, MY_COMPANY.
        """

    def list(
        self,
        *,
        select: Array = ...,
        filter: Mapping[str, Any] = ...,
        order: Order = ...,
        start: int = ...,
    ) -> V:
        """Scope: crm.

        select: id, name, region, download, users, entityTypeId, downloadMachine, code, active,
          moduleId, numeratorId, withStamps, isDeleted, sort, createTime, updateTime.
        """

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: crm.

        fields: name, file, numeratorId, region, entityTypeId, users, active, withStamps, sort.
        """
