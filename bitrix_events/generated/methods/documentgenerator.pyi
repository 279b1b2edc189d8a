# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, R, V

class Documentgenerator(Generic[C, R, V]):
    """``documentgenerator``"""

    api: DocumentgeneratorApi[C, R, V]
    document: DocumentgeneratorDocument[C, R, V]
    numerator: DocumentgeneratorNumerator[C, R, V]
    region: DocumentgeneratorRegion[C, R, V]
    role: DocumentgeneratorRole[C, R, V]
    template: DocumentgeneratorTemplate[C, R, V]

class DocumentgeneratorApi(Generic[C, R, V]):
    """``documentgenerator.api``"""

    document: DocumentgeneratorApiDocument[C, R, V]
    template: DocumentgeneratorApiTemplate[C, R, V]

class DocumentgeneratorApiDocument(Generic[C, R, V]):
    """``documentgenerator.api.document``"""

    def getfile(self, **others: Any) -> C:
        """Scope: documentgenerator."""

    def getimage(self, **others: Any) -> C:
        """Scope: documentgenerator."""

    def getpdf(self, **others: Any) -> C:
        """Scope: documentgenerator."""

    def showpdf(self, **others: Any) -> C:
        """Scope: documentgenerator."""

class DocumentgeneratorApiTemplate(Generic[C, R, V]):
    """``documentgenerator.api.template``"""

    def download(self, **others: Any) -> C:
        """Scope: documentgenerator."""

class DocumentgeneratorDocument(Generic[C, R, V]):
    """``documentgenerator.document``"""

    def add(
        self,
        *,
        templateId: int,
        value: str,
        providerClassName: str = ...,
        values: Mapping[str, Any] = ...,
        stampsEnabled: Literal[1, 0] = ...,
        fields: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: documentgenerator.

        fields: TYPE, FORMAT, PROVIDER, TITLE.
        """

    def delete(self, *, id: int) -> C:
        """Scope: documentgenerator."""

    def enablepublicurl(self, *, id: int, status: Literal[1, 0] = ...) -> C:
        """Scope: documentgenerator."""

    def get(self, *, id: int) -> C:
        """Scope: documentgenerator."""

    def getfields(self, *, id: int, values: Mapping[str, Any] = ...) -> C:
        """Scope: documentgenerator."""

    def list(
        self,
        *,
        select: Array = ...,
        order: Mapping[str, Any] = ...,
        filter: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: documentgenerator.

        select: id, title, number, templateId, provider, value, fileId, imageId, pdfId,
          createTime, updateTime, values, createdBy, updatedBy.
        order: id, title, number, templateId, provider, value, fileId, imageId, pdfId, createTime,
          updateTime, values, createdBy, updatedBy.
        filter: id, title, number, templateId, provider, value, fileId, imageId, pdfId,
          createTime, updateTime, values, createdBy, updatedBy.
        """

    def update(
        self,
        *,
        id: int,
        values: Mapping[str, Any] = ...,
        stampsEnabled: Literal[1, 0] = ...,
        fields: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: documentgenerator.

        fields: TYPE, FORMAT, PROVIDER, TITLE.
        """

class DocumentgeneratorNumerator(Generic[C, R, V]):
    """``documentgenerator.numerator``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: documentgenerator.

        fields: name*, template*, settings.
        """

    def delete(self, *, id: int) -> C:
        """Scope: documentgenerator."""

    def get(self, *, id: int) -> C:
        """Scope: documentgenerator."""

    def list(self, *, start: int = ...) -> R:
        """Scope: documentgenerator."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: documentgenerator.

        fields: name, template, settings.
        """

class DocumentgeneratorRegion(Generic[C, R, V]):
    """``documentgenerator.region``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: documentgenerator.

        fields: title*, languageId, formatDate, formatDatetime, formatName, phrases.
        """

    def delete(self, *, id: int) -> C:
        """Scope: documentgenerator."""

    def get(self, *, id: str) -> C:
        """Scope: documentgenerator."""

    def list(self) -> V:
        """Scope: documentgenerator."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: documentgenerator.

        fields: title, languageId, formatDate, formatDatetime, formatName, phrases.
        """

class DocumentgeneratorRole(Generic[C, R, V]):
    """``documentgenerator.role``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: documentgenerator.

        fields: name*, code, permissions.
        """

    def delete(self, *, id: int) -> C:
        """Scope: documentgenerator."""

    def fillaccesses(self, *, accesses: Array = ...) -> C:
        """Scope: documentgenerator.

        accesses: roleId*, accessCode*.
        """

    def get(self, *, id: int) -> C:
        """Scope: documentgenerator."""

    def list(self, *, start: int = ...) -> R:
        """Scope: documentgenerator."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: documentgenerator.

        fields: name, code, permissions.
        """

class DocumentgeneratorTemplate(Generic[C, R, V]):
    """``documentgenerator.template``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: documentgenerator.

        fields: name*, fileId*, file*, numeratorId*, region*, code, users, active, withStamps,
          sort.
        """

    def delete(self, *, id: int) -> C:
        """Scope: documentgenerator."""

    def get(self, *, id: int) -> C:
        """Scope: documentgenerator."""

    def getfields(self, *, id: int) -> C:
        """Scope: documentgenerator."""

    def list(
        self,
        *,
        select: Array = ...,
        order: Mapping[str, Any] = ...,
        filter: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> V:
        """Scope: documentgenerator.

        select: id, active, name, code, region, sort, createTime, updateTime, numeratorId,
          withStamps, users, providers.
        order: id, active, name, code, region, sort, createTime, updateTime, numeratorId,
          withStamps, users, providers.
        filter: id, active, name, code, region, sort, createTime, updateTime, numeratorId,
          withStamps, users, providers.
        """

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: documentgenerator.

        fields: name, file, numeratorId, region, code, users, providers, active, withStamps, sort.
        """
