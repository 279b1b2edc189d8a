# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic

from bitrix_events.generated.methods.shared import C, R, V

class LandingBlock(Generic[C, R, V]):
    """``landing.block``"""

    def addcard(
        self,
        *,
        lid: int,
        block: int,
        selector: str,
        content: str,
        scope: str = ...,
        preventHistory: bool = ...,
    ) -> C:
        """Scope: landing."""

    def changeAnchor(
        self,
        *,
        lid: int,
        block: int,
        data: str,
        scope: str = ...,
        preventHistory: bool = ...,
    ) -> C:
        """Scope: landing."""

    def changeNodeName(
        self,
        *,
        lid: int,
        block: int,
        data: Mapping[str, Any],
        scope: str = ...,
        preventHistory: bool = ...,
    ) -> C:
        """Scope: landing.

        data: <selector>.
        """

    def clonecard(
        self,
        *,
        lid: int,
        block: int,
        selector: str,
        scope: str = ...,
        preventHistory: bool = ...,
    ) -> C:
        """Scope: landing."""

    def getContentFromRepository(self, *, code: str) -> C:
        """Scope: landing."""

    def getbyid(self, *, block: int, scope: str = ..., params: Mapping[str, Any] = ...) -> C:
        """Scope: landing.

        params: edit_mode, deleted, get_content.
        """

    def getcontent(
        self,
        *,
        lid: int,
        block: int,
        scope: str = ...,
        editMode: bool = ...,
        params: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: landing.

        params: wrapper_show, force_unactive.
        """

    def getlist(
        self,
        *,
        lid: int | Sequence[int],
        scope: str = ...,
        params: Mapping[str, Any] = ...,
    ) -> R:
        """Scope: landing.

        params: edit_mode, deleted, get_content.
        """

    def getmanifest(
        self,
        *,
        lid: int,
        block: int,
        scope: str = ...,
        params: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: landing.

        params: edit_mode.
        """

    def getmanifestfile(self, *, code: str) -> C:
        """Scope: landing."""

    def getrepository(self, *, section: str = ..., scope: str = ...) -> C:
        """Scope: landing."""

    def removecard(
        self,
        *,
        lid: int,
        block: int,
        selector: str,
        scope: str = ...,
        preventHistory: bool = ...,
    ) -> C:
        """Scope: landing."""

    def updateCards(self, *, lid: int, block: int, data: Mapping[str, Any], scope: str = ...) -> C:
        """Scope: landing.

        data: <card selector from manifest.cards>.
        """

    def updateStyles(
        self,
        *,
        lid: int,
        block: int,
        data: Mapping[str, Any],
        scope: str = ...,
        preventHistory: bool = ...,
    ) -> C:
        """Scope: landing.

        data: <selector>, classList, affect, style.
        """

    def updateattrs(self, *, lid: int, block: int, data: Mapping[str, Any], scope: str = ...) -> C:
        """Scope: landing.

        data: <selector>.
        """

    def updatecontent(
        self,
        *,
        lid: int,
        block: int,
        content: str,
        scope: str = ...,
        designed: bool | int | str = ...,
        preventHistory: bool = ...,
    ) -> C:
        """Scope: landing."""

    def updatenodes(
        self,
        *,
        lid: int,
        block: int,
        data: Mapping[str, Any],
        scope: str = ...,
        additional: Mapping[str, Any] = ...,
        preventHistory: bool = ...,
    ) -> C:
        """Scope: landing.

        data: <selector>.
        additional: appendMenu.
        """

    def uploadfile(
        self,
        *,
        block: int,
        picture: str | Sequence[str],
        scope: str = ...,
        ext: str = ...,
        params: Mapping[str, Any] = ...,
        temp: bool | int = ...,
    ) -> C:
        """Scope: landing.

        params: width, height, resize_type.
        """
