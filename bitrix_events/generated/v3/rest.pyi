# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Any, Generic

from bitrix_events.generated.methods.shared import C, R, V

class Rest(Generic[C, R, V]):
    """``rest``"""

    documentation: RestDocumentation[C, R, V]
    scope: RestScope[C, R, V]

class RestDocumentation(Generic[C, R, V]):
    """``rest.documentation``"""

    def openapi(self, **others: Any) -> C:
        """No scope is documented."""

class RestScope(Generic[C, R, V]):
    """``rest.scope``"""

    def list(self, **others: Any) -> C:
        """No scope is documented."""
