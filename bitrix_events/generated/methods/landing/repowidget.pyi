# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import C, R, V

class LandingRepowidget(Generic[C, R, V]):
    """``landing.repowidget``"""

    def debug(self, *, enable: bool = ...) -> C:
        """Scope: landing."""

    def getlist(self, *, params: Mapping[str, Any]) -> R:
        """Scope: landing.

        params: select, filter, group, order.
        """

    def register(self, *, code: str, fields: Mapping[str, Any]) -> C:
        """Scope: landing.

        fields: NAME*, PREVIEW*, DESCRIPTION, CONTENT*, SECTIONS*, WIDGET_PARAMS*, ACTIVE,
          SITE_TEMPLATE_ID.
        """

    def unregister(self, *, code: str) -> C:
        """Scope: landing."""
