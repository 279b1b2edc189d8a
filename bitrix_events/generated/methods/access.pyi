# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from bitrix_events.generated.methods.shared import Array, C, R, V

class Access(Generic[C, R, V]):
    """``access``"""

    def name(self, *, ACCESS: Array) -> C:
        """Scope: basic."""
