# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, R, V

class Ai(Generic[C, R, V]):
    """``ai``"""

    engine: AiEngine[C, R, V]

class AiEngine(Generic[C, R, V]):
    """``ai.engine``"""

    def list(self, *, filter: Array = ..., limit: int = ...) -> R:
        """Scope: ai_admin.

        filter: ID, APP_CODE, NAME, CODE, CATEGORY, COMPLETIONS_URL, DATE_CREATE.
        """

    def register(
        self,
        *,
        name: str,
        code: str,
        category: Literal["text", "image", "audio", "call"],
        completions_url: str,
        settings: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: ai_admin.

        settings: code_alias, model_context_type, model_context_limit.
        """

    def unregister(self, *, code: str = ...) -> C:
        """Scope: ai_admin."""
