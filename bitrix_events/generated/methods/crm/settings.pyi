# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from bitrix_events.generated.methods.shared import C, R, V

class CrmSettings(Generic[C, R, V]):
    """``crm.settings``"""

    mode: CrmSettingsMode[C, R, V]

class CrmSettingsMode(Generic[C, R, V]):
    """``crm.settings.mode``"""

    def get(self) -> C:
        """Scope: crm."""
