# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import C, R, V

class CrmEntity(Generic[C, R, V]):
    """``crm.entity``"""

    def mergeBatch(self, *, params: Mapping[str, Any]) -> C:
        """Scope: crm.

        params: entityTypeId*, entityIds*.
        """
