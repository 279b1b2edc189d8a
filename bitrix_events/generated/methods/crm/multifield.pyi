# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from bitrix_events.generated.methods.shared import C, R, V

class CrmMultifield(Generic[C, R, V]):
    """``crm.multifield``"""

    def fields(self) -> C:
        """Scope: crm."""
