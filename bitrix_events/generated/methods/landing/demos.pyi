# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, R, V

class LandingDemos(Generic[C, R, V]):
    """``landing.demos``"""

    def getList(self, *, params: Mapping[str, Any] = ...) -> R:
        """Scope: landing.

        params: select, filter, order, group, limit, offset.
        """

    def getPageList(
        self,
        *,
        type: Literal["page", "store", "knowledge", "group", "mainpage"],
        filter: Mapping[str, Any] = ...,
    ) -> V:
        """Scope: landing.

        filter: ID, XML_ID, TYPE, TITLE, ACTIVE, PUBLICATION, LOCK_DELETE, AVAILABLE, SINGLETON,
          SECTION, DESCRIPTION, PREVIEW, PREVIEW2X, PREVIEW3X, APP_CODE, REST, DATA.
        """

    def getSiteList(
        self,
        *,
        type: Literal["page", "store", "knowledge", "group", "mainpage"],
        filter: Mapping[str, Any] = ...,
    ) -> V:
        """Scope: landing.

        filter: ID, XML_ID, TYPE, TITLE, ACTIVE, PUBLICATION, LOCK_DELETE, AVAILABLE, SINGLETON,
          SECTION, DESCRIPTION, PREVIEW, PREVIEW2X, PREVIEW3X, APP_CODE, REST, DATA.
        """

    def register(self, *, data: Mapping[str, Any] | Array, params: Mapping[str, Any] = ...) -> C:
        """Scope: landing.

        data: charset, code*, site_code, name, description, type, tpl_type, fields, folders,
          items, layout, preview, preview2x, preview3x, preview_url, show_in_list, syspages,
          version.
        params: site_template_id, lang, lang_original.
        """

    def unregister(self, *, code: str) -> C:
        """Scope: landing."""
