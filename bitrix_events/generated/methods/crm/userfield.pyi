# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from bitrix_events.generated.methods.shared import C, R, V

class CrmUserfield(Generic[C, R, V]):
    """``crm.userfield``"""

    enumeration: CrmUserfieldEnumeration[C, R, V]
    settings: CrmUserfieldSettings[C, R, V]

    def fields(self) -> C:
        """Scope: crm."""

    def types(self) -> R:
        """Scope: crm."""

class CrmUserfieldEnumeration(Generic[C, R, V]):
    """``crm.userfield.enumeration``"""

    def fields(self) -> C:
        """Scope: crm."""

class CrmUserfieldSettings(Generic[C, R, V]):
    """``crm.userfield.settings``"""

    def fields(self, *, type: str) -> C:
        """Scope: crm."""
