# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from bitrix_events.generated.methods.shared import C, R, V

class CatalogEnum(Generic[C, R, V]):
    """``catalog.enum``"""

    def getRoundTypes(self) -> R:
        """Scope: catalog."""

    def getStoreDocumentTypes(self) -> R:
        """Scope: catalog."""
