# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, R, V

class LandingRole(Generic[C, R, V]):
    """``landing.role``"""

    def enable(
        self,
        *,
        mode: Literal[True, 1, False, 0],
        scope: Literal["GROUP", "KNOWLEDGE", "MAINPAGE"] = ...,
    ) -> C:
        """Scope: landing."""

    def getList(self, *, scope: Literal["GROUP", "KNOWLEDGE", "MAINPAGE"] = ...) -> R:
        """Scope: landing."""

    def getRights(self, *, id: int, scope: Literal["GROUP", "KNOWLEDGE", "MAINPAGE"] = ...) -> C:
        """Scope: landing."""

    def isEnabled(self) -> C:
        """Scope: landing."""

    def setAccessCodes(
        self,
        *,
        id: int,
        scope: Literal["GROUP", "KNOWLEDGE", "MAINPAGE"] = ...,
        codes: Sequence[str] = ...,
    ) -> C:
        """Scope: landing."""

    def setRights(
        self,
        *,
        id: int,
        rights: Mapping[str, Any] | Array,
        scope: Literal["GROUP", "KNOWLEDGE", "MAINPAGE"] = ...,
        additional: Sequence[Literal["menu24", "create"]] = ...,
    ) -> C:
        """Scope: landing.

        rights: 0, <siteId>.
        """
