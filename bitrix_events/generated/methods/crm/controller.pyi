# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Any, Generic

from bitrix_events.generated.methods.shared import C, R, V

class CrmController(Generic[C, R, V]):
    """``crm.controller``"""

    item: CrmControllerItem[C, R, V]

class CrmControllerItem(Generic[C, R, V]):
    """``crm.controller.item``"""

    def getFile(self, **others: Any) -> C:
        """Scope: crm."""
