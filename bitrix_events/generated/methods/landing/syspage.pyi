# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import C, R, V

class LandingSyspage(Generic[C, R, V]):
    """``landing.syspage``"""

    def deleteForLanding(self, *, id: int, scope: str = ...) -> C:
        """Scope: landing."""

    def deleteForSite(self, *, id: int) -> C:
        """Scope: landing."""

    def get(self, *, id: int, active: bool = ...) -> C:
        """Scope: landing."""

    def getSpecialPage(
        self,
        *,
        siteId: int,
        type: Literal[
            "mainpage",
            "catalog",
            "personal",
            "cart",
            "order",
            "payment",
            "compare",
            "feedback",
        ],
        additional: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: landing."""

    def set(
        self,
        *,
        id: int,
        type: Literal[
            "mainpage",
            "catalog",
            "personal",
            "cart",
            "order",
            "payment",
            "compare",
            "feedback",
        ],
        lid: int = ...,
    ) -> C:
        """Scope: landing."""
