# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, R, V

class LandingSite(Generic[C, R, V]):
    """``landing.site``"""

    def add(self, *, fields: Mapping[str, Any], scope: str = ...) -> C:
        """Scope: landing.

        fields: TITLE*, CODE*, TYPE, DOMAIN_ID, DESCRIPTION, XML_ID, ADDITIONAL_FIELDS.
        """

    def addFolder(self, *, siteId: int, fields: Mapping[str, Any], scope: str = ...) -> C:
        """Scope: landing.

        fields: TITLE*, CODE, PARENT_ID, ACTIVE.
        """

    def bindingToGroup(self, *, id: int, groupId: int) -> C:
        """Scope: landing."""

    def bindingToMenu(self, *, id: int, menuCode: str) -> C:
        """Scope: landing."""

    def delete(self, *, id: int, scope: str = ...) -> C:
        """Scope: landing."""

    def fullExport(self, *, id: int, params: Mapping[str, Any] = ...) -> C:
        """Scope: landing.

        params: edit_mode, scope, hooks_disable, code, name, description, preview, preview2x,
          preview3x, preview_url.
        """

    def getFolders(self, *, siteId: int, scope: str = ..., filter: Mapping[str, Any] = ...) -> R:
        """Scope: landing.

        filter: ID, PARENT_ID, INDEX_ID, ACTIVE, DELETED, =DELETED, TITLE, CODE, CREATED_BY_ID,
          MODIFIED_BY_ID, DATE_CREATE, DATE_MODIFY.
        """

    def getGroupBindings(self, *, groupId: int | None = ...) -> R:
        """Scope: landing."""

    def getList(self, *, scope: str = ..., params: Mapping[str, Any] = ...) -> R:
        """Scope: landing.

        params: select, filter, order, group, limit, offset.
        """

    def getMenuBindings(self, *, menuCode: str | None = ...) -> R:
        """Scope: landing."""

    def getPreview(self, *, id: int, scope: str = ...) -> C:
        """Scope: landing."""

    def getPublicUrl(self, *, id: int | Array, scope: str = ...) -> C:
        """Scope: landing."""

    def getRights(self, *, id: int | str) -> C:
        """Scope: landing."""

    def getadditionalfields(self, *, id: int, scope: str = ...) -> C:
        """Scope: landing."""

    def markDelete(self, *, id: int, scope: str = ..., mark: bool = ...) -> C:
        """Scope: landing."""

    def markFolderDelete(self, *, id: int, scope: str = ..., mark: bool = ...) -> C:
        """Scope: landing."""

    def markFolderUnDelete(self, *, id: int, scope: str = ...) -> C:
        """Scope: landing."""

    def markUnDelete(self, *, id: int, scope: str = ...) -> C:
        """Scope: landing."""

    def publication(self, *, id: int, scope: str = ...) -> C:
        """Scope: landing."""

    def publicationFolder(self, *, folderId: int, scope: str = ..., mark: bool = ...) -> C:
        """Scope: landing."""

    def setRights(self, *, id: int | str, rights: Mapping[str, Any] | Array = ...) -> C:
        """Scope: landing.

        rights: <ACCESS_CODE>.
        """

    def unPublicFolder(self, *, folderId: int, scope: str = ...) -> C:
        """Scope: landing."""

    def unbindingFromGroup(self, *, id: int, groupId: int) -> C:
        """Scope: landing."""

    def unbindingFromMenu(self, *, id: int, menuCode: str) -> C:
        """Scope: landing."""

    def unpublic(self, *, id: int, scope: str = ...) -> C:
        """Scope: landing."""

    def update(self, *, id: int, fields: Mapping[str, Any], scope: str = ...) -> C:
        """Scope: landing.

        fields: TITLE, CODE, TYPE, DOMAIN_ID, DESCRIPTION, XML_ID, LANDING_ID_INDEX,
          LANDING_ID_404, LANDING_ID_503.
        """

    def updateFolder(
        self,
        *,
        siteId: int,
        folderId: int,
        fields: Mapping[str, Any],
        scope: str = ...,
    ) -> C:
        """Scope: landing.

        fields: TITLE, CODE, PARENT_ID, INDEX_ID, ACTIVE.
        """
