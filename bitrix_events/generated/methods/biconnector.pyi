# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic

from bitrix_events.generated.methods.shared import C, Order, R, V

class Biconnector(Generic[C, R, V]):
    """``biconnector``"""

    connector: BiconnectorConnector[C, R, V]
    dataset: BiconnectorDataset[C, R, V]
    source: BiconnectorSource[C, R, V]

class BiconnectorConnector(Generic[C, R, V]):
    """``biconnector.connector``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: biconnector.

        fields: title*, logo*, description, urlCheck*, urlTableList*, urlTableDescription*,
          urlData*, settings*, sort.
        """

    def delete(self, *, id: int) -> C:
        """Scope: biconnector."""

    def fields(self) -> C:
        """Scope: biconnector."""

    def get(self, *, id: int) -> C:
        """Scope: biconnector."""

    def list(
        self,
        *,
        select: Sequence[str] = ...,
        filter: Mapping[str, Any] = ...,
        order: Order = ...,
        page: int = ...,
    ) -> R:
        """Scope: biconnector."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: biconnector.

        fields: title, logo, description, urlCheck, urlTableList, urlTableDescription, urlData,
          settings, sort.
        """

class BiconnectorDataset(Generic[C, R, V]):
    """``biconnector.dataset``"""

    fields: BiconnectorDatasetFields[C, R, V]

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: biconnector.

        fields: name*, externalName*, externalCode*, sourceId*, description, fields*.
        """

    def delete(self, *, id: int) -> C:
        """Scope: biconnector."""

    def get(self, *, id: int) -> C:
        """Scope: biconnector."""

    def list(
        self,
        *,
        select: Sequence[str] = ...,
        filter: Mapping[str, Any] = ...,
        order: Order = ...,
        page: int = ...,
    ) -> R:
        """Scope: biconnector."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: biconnector.

        fields: description.
        """

class BiconnectorDatasetFields(Generic[C, R, V]):
    """``biconnector.dataset.fields``"""

    def __call__(self) -> C:
        """Scope: biconnector."""

    def update(
        self,
        *,
        id: int,
        add: Mapping[str, Any] = ...,
        update: Mapping[str, Any] = ...,
        delete: Sequence[int] = ...,
    ) -> C:
        """Scope: biconnector.

        add: type, name, externalCode.
        update: id, visible.
        """

class BiconnectorSource(Generic[C, R, V]):
    """``biconnector.source``"""

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: biconnector.

        fields: title*, description, active, connectorId*, settings*.
        """

    def delete(self, *, id: int) -> C:
        """Scope: biconnector."""

    def fields(self) -> C:
        """Scope: biconnector."""

    def get(self, *, id: int) -> C:
        """Scope: biconnector."""

    def list(
        self,
        *,
        select: Sequence[str] = ...,
        filter: Mapping[str, Any] = ...,
        order: Order = ...,
        page: int = ...,
    ) -> R:
        """Scope: biconnector."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: biconnector.

        fields: title, description, active, settings.
        """
