# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from bitrix_events.generated.methods.shared import C, R, V

class CrmAutomation(Generic[C, R, V]):
    """``crm.automation``"""

    trigger: CrmAutomationTrigger[C, R, V]

class CrmAutomationTrigger(Generic[C, R, V]):
    """``crm.automation.trigger``"""

    def __call__(self, *, target: str, code: str = ...) -> C:
        """Scope: crm."""

    def add(self, *, CODE: str, NAME: str) -> C:
        """Scope: crm."""

    def delete(self, *, CODE: str) -> C:
        """Scope: crm."""

    def execute(self, *, CODE: str, OWNER_TYPE_ID: int, OWNER_ID: int) -> C:
        """Scope: crm."""

    def list(self) -> R:
        """Scope: crm."""
