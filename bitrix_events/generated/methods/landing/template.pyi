# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, R, V

class LandingTemplate(Generic[C, R, V]):
    """``landing.template``"""

    def getLandingRef(self, *, id: int) -> C:
        """Scope: landing."""

    def getSiteRef(self, *, id: int) -> C:
        """Scope: landing."""

    def getlist(self, *, params: Mapping[str, Any] = ...) -> R:
        """Scope: landing.

        params: select, filter, order, group, limit, offset.
        """

    def setLandingRef(self, *, id: int, data: Mapping[str, Any] | Array = ...) -> C:
        """Scope: landing.

        data: <AREA_ID>.
        """

    def setSiteRef(self, *, id: int, data: Mapping[str, Any] | Array = ...) -> C:
        """Scope: landing.

        data: <AREA_ID>.
        """
