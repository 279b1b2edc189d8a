# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Any, Generic

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import Array, C, R, V

class CrmMeasure(Generic[C, R, V]):
    """``crm.measure``"""

    @deprecated("use catalog.measure.add")
    def add(self, *, fields: Array) -> C:
        """Scope: crm.

        fields: CODE*, MEASURE_TITLE*, SYMBOL_RUS, SYMBOL_INTL, SYMBOL_LETTER_INTL, IS_DEFAULT.
        """

    @deprecated("use catalog.measure.delete")
    def delete(self, *, id: Any) -> C:
        """Scope: crm."""

    @deprecated("use catalog.measure.getFields")
    def fields(self) -> C:
        """Scope: crm."""

    @deprecated("use catalog.measure.get")
    def get(self, *, id: Any) -> C:
        """Scope: crm."""

    @deprecated("use catalog.measure.list")
    def list(self) -> R:
        """Scope: crm."""

    @deprecated("use catalog.measure.update")
    def update(self, *, id: Any, fields: Array = ...) -> C:
        """Scope: crm."""
