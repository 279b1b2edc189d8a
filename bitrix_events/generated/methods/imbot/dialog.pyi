# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import C, R, V

class ImbotDialog(Generic[C, R, V]):
    """``imbot.dialog``"""

    @deprecated("use imbot.v2.Chat.get")
    def get(self, *, DIALOG_ID: str) -> C:
        """Scope: imbot."""
