# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic, Literal

from bitrix_events.generated.methods.shared import C, R, V

class Feature(Generic[C, R, V]):
    """``feature``"""

    def get(self, *, CODE: Literal["rest_offline_extended", "rest_auth_connector"]) -> C:
        """Scope: basic."""
