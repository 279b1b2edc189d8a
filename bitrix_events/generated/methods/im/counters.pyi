# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from bitrix_events.generated.methods.shared import C, R, V

class ImCounters(Generic[C, R, V]):
    """``im.counters``"""

    def get(self) -> C:
        """Scope: im."""
