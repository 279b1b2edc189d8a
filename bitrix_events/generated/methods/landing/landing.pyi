# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import C, R, V

class LandingLanding(Generic[C, R, V]):
    """``landing.landing``"""

    def add(self, *, fields: Mapping[str, Any], scope: str = ...) -> C:
        """Scope: landing.

        fields: TITLE*, SITE_ID*, CODE, DESCRIPTION, XML_ID, SITEMAP, FOLDER, FOLDER_ID, TPL_ID,
          ADDITIONAL_FIELDS, BLOCK_ID, MENU_CODE.
        """

    def addByTemplate(
        self,
        *,
        siteId: int,
        code: str,
        scope: str = ...,
        fields: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: landing.

        fields: TITLE, DESCRIPTION, ID, FOLDER_ID, SITE_TYPE, PREPARE_BLOCKS, PREPARE_BLOCKS_DATA,
          ADD_IN_MENU, BLOCK_ID, MENU_CODE.
        """

    def addblock(
        self,
        *,
        lid: int,
        fields: Mapping[str, Any],
        scope: str = ...,
        preventHistory: bool = ...,
    ) -> C:
        """Scope: landing.

        fields: CODE*, AFTER_ID, ACTIVE, CONTENT, RETURN_CONTENT.
        """

    def copy(
        self,
        *,
        lid: int,
        scope: str = ...,
        toSiteId: int = ...,
        toFolderId: int = ...,
        skipSystem: bool = ...,
    ) -> C:
        """Scope: landing."""

    def copyblock(
        self,
        *,
        lid: int,
        block: int,
        scope: str = ...,
        params: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: landing.

        params: AFTER_ID, RETURN_CONTENT.
        """

    def delete(self, *, lid: int, scope: str = ...) -> C:
        """Scope: landing."""

    def deleteblock(self, *, lid: int, block: int, scope: str = ...) -> C:
        """Scope: landing."""

    def downblock(self, *, lid: int, block: int, scope: str = ..., preventHistory: bool = ...) -> C:
        """Scope: landing."""

    def favoriteBlock(
        self,
        *,
        lid: int,
        block: int,
        scope: str = ...,
        meta: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: landing.

        meta: name, section, preview, tpl_code.
        """

    def getList(self, *, scope: str = ..., params: Mapping[str, Any] = ...) -> R:
        """Scope: landing.

        params: select, filter, order, group, limit, offset, get_preview, get_urls, check_area.
        """

    def getadditionalfields(self, *, lid: int, scope: str = ...) -> C:
        """Scope: landing."""

    def getpreview(self, *, lid: int, scope: str = ...) -> C:
        """Scope: landing."""

    def getpublicurl(self, *, lid: int, scope: str = ...) -> C:
        """Scope: landing."""

    def hideblock(self, *, lid: int, block: int, scope: str = ...) -> C:
        """Scope: landing."""

    def markDelete(self, *, lid: int, scope: str = ..., mark: bool = ...) -> C:
        """Scope: landing."""

    def markUnDelete(self, *, lid: int) -> C:
        """Scope: landing."""

    def markdeletedblock(
        self,
        *,
        lid: int,
        block: int,
        scope: str = ...,
        mark: bool = ...,
        preventHistory: bool = ...,
    ) -> C:
        """Scope: landing."""

    def markundeletedblock(
        self,
        *,
        lid: int,
        block: int,
        scope: str = ...,
        preventHistory: bool = ...,
    ) -> C:
        """Scope: landing."""

    def move(self, *, lid: int, scope: str = ..., toSiteId: int = ..., toFolderId: int = ...) -> C:
        """Scope: landing."""

    def moveblock(
        self,
        *,
        lid: int,
        block: int,
        scope: str = ...,
        params: Mapping[str, Any] = ...,
    ) -> C:
        """Scope: landing.

        params: AFTER_ID, RETURN_CONTENT.
        """

    def publication(self, *, lid: int, scope: str = ...) -> C:
        """Scope: landing."""

    def removeEntities(self, *, lid: int, data: Mapping[str, Any], scope: str = ...) -> C:
        """Scope: landing.

        data: blocks, images.
        """

    def resolveIdByPublicUrl(self, *, landingUrl: str, siteId: int, scope: str = ...) -> C:
        """Scope: landing."""

    def showblock(self, *, lid: int, block: int, scope: str = ...) -> C:
        """Scope: landing."""

    def unFavoriteBlock(self, *, blockId: int) -> C:
        """Scope: landing."""

    def unpublic(self, *, lid: int, scope: str = ...) -> C:
        """Scope: landing."""

    def upblock(self, *, lid: int, block: int, scope: str = ..., preventHistory: bool = ...) -> C:
        """Scope: landing."""

    def update(self, *, lid: int, fields: Mapping[str, Any]) -> C:
        """Scope: landing.

        fields: TITLE, CODE, DESCRIPTION, XML_ID, SITE_ID, SITEMAP, FOLDER, FOLDER_ID, TPL_ID,
          DELETED, DATE_PUBLIC, ADDITIONAL_FIELDS.
        """
