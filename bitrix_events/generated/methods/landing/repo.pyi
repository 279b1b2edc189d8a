# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import C, R, V

class LandingRepo(Generic[C, R, V]):
    """``landing.repo``"""

    def bind(self, *, fields: Mapping[str, Any] = ..., **others: Any) -> C:
        """Scope: landing.

        fields: PLACEMENT, PLACEMENT_HANDLER, TITLE.
        """

    def checkContent(self, *, content: str, splitter: str = ...) -> C:
        """Scope: landing."""

    def getList(self, *, params: Mapping[str, Any] = ...) -> R:
        """Scope: landing.

        params: select, filter, order, group, limit, offset.
        """

    def register(
        self,
        *,
        code: str,
        fields: Mapping[str, Any],
        manifest: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: landing.

        fields: NAME*, CONTENT*, SECTIONS*, PREVIEW*, DESCRIPTION, ACTIVE, SITE_TEMPLATE_ID,
          RESET.
        """

    def unbind(self, *, code: str, handler: str = ...) -> C:
        """Scope: landing."""

    def unregister(self, *, code: str) -> C:
        """Scope: landing."""
