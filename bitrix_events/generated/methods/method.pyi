# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from bitrix_events.generated.methods.shared import C, R, V

class Method(Generic[C, R, V]):
    """``method``"""

    def get(self, *, name: str = ...) -> C:
        """Scope: basic."""
