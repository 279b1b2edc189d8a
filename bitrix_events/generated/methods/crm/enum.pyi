# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import C, R, V

class CrmEnum(Generic[C, R, V]):
    """``crm.enum``"""

    settings: CrmEnumSettings[C, R, V]

    @deprecated("use crm.activity.todo.*")
    def activitydirection(self) -> R:
        """Scope: crm."""

    @deprecated("use crm.activity.todo.*")
    def activitynotifytype(self) -> R:
        """Scope: crm."""

    @deprecated("use crm.activity.todo.*")
    def activitypriority(self) -> R:
        """Scope: crm."""

    @deprecated("use crm.activity.todo.*")
    def activitystatus(self) -> R:
        """Scope: crm."""

    @deprecated("use crm.activity.todo.*")
    def activitytype(self) -> R:
        """Scope: crm."""

    def addresstype(self) -> R:
        """Scope: crm."""

    @deprecated("use crm.activity.todo.*")
    def contenttype(self) -> R:
        """Scope: crm."""

    def fields(self) -> C:
        """Scope: crm."""

    def getorderownertypes(self) -> R:
        """Scope: crm."""

    def ownertype(self) -> R:
        """Scope: crm."""

class CrmEnumSettings(Generic[C, R, V]):
    """``crm.enum.settings``"""

    def mode(self) -> R:
        """Scope: crm."""
