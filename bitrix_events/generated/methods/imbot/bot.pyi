# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import C, R, V

class ImbotBot(Generic[C, R, V]):
    """``imbot.bot``"""

    @deprecated("use imbot.v2.Bot.list")
    def list(self) -> V:
        """Scope: imbot."""
