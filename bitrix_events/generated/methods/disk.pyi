# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class Disk(Generic[C, R, V]):
    """``disk``"""

    attachedObject: DiskAttachedObject[C, R, V]
    file: DiskFile[C, R, V]
    folder: DiskFolder[C, R, V]
    rights: DiskRights[C, R, V]
    storage: DiskStorage[C, R, V]
    version: DiskVersion[C, R, V]

class DiskAttachedObject(Generic[C, R, V]):
    """``disk.attachedObject``"""

    def get(self, *, id: int) -> C:
        """Scope: disk."""

class DiskFile(Generic[C, R, V]):
    """``disk.file``"""

    def copyTo(self, *, id: int, targetFolderId: int) -> C:
        """Scope: disk."""

    def delete(self, *, id: int) -> C:
        """Scope: disk."""

    def get(self, *, id: int) -> C:
        """Scope: disk."""

    def getExternalLink(self, *, id: int) -> C:
        """Scope: disk."""

    def getFields(self) -> C:
        """Scope: disk."""

    def getVersions(self, *, id: int, filter: Array = ..., start: int = ...) -> R:
        """Scope: disk."""

    def markDeleted(self, *, id: int) -> C:
        """Scope: disk."""

    def moveTo(self, *, id: int, targetFolderId: int) -> C:
        """Scope: disk."""

    def rename(self, *, id: int, newName: str) -> C:
        """Scope: disk."""

    def restore(self, *, id: int) -> C:
        """Scope: disk."""

    def restoreFromVersion(self, *, id: int, versionId: int) -> C:
        """Scope: disk."""

    def search(
        self,
        *,
        QUERY: str,
        TYPE: Literal["file", "folder", "all"] = ...,
        FILTER: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: disk.

        FILTER: STORAGE_ID, FOLDER_ID.
        """

    def uploadVersion(self, *, id: int, fileContent: Array) -> C:
        """Scope: disk."""

class DiskFolder(Generic[C, R, V]):
    """``disk.folder``"""

    def addSubFolder(self, *, id: int, data: Array) -> C:
        """Scope: disk."""

    def copyTo(self, *, id: int, targetFolderId: int) -> C:
        """Scope: disk."""

    def deleteTree(self, *, id: int) -> C:
        """Scope: disk."""

    def get(self, *, id: int) -> C:
        """Scope: disk."""

    def getChildren(
        self,
        *,
        id: int,
        filter: Array = ...,
        order: Order = ...,
        start: int = ...,
    ) -> R:
        """Scope: disk."""

    def getExternalLink(self, *, id: int) -> C:
        """Scope: disk."""

    def getFields(self) -> C:
        """Scope: disk."""

    def markDeleted(self, *, id: int) -> C:
        """Scope: disk."""

    def moveTo(self, *, id: int, targetFolderId: int) -> C:
        """Scope: disk."""

    def rename(self, *, id: int, newName: str) -> C:
        """Scope: disk."""

    def restore(self, *, id: int) -> C:
        """Scope: disk."""

    def shareToUser(
        self,
        *,
        id: int,
        userId: int,
        taskName: Literal[
            "disk_access_read",
            "disk_access_add",
            "disk_access_edit",
            "disk_access_full",
        ],
    ) -> C:
        """Scope: disk."""

    def uploadFile(
        self,
        *,
        id: int,
        data: Array,
        fileContent: Array = ...,
        rights: Array = ...,
        generateUniqueName: bool = ...,
    ) -> C:
        """Scope: disk."""

class DiskRights(Generic[C, R, V]):
    """``disk.rights``"""

    def getTasks(self) -> R:
        """Scope: disk."""

class DiskStorage(Generic[C, R, V]):
    """``disk.storage``"""

    def addFolder(self, *, id: int, data: Array, rights: Array = ...) -> C:
        """Scope: disk."""

    def get(self, *, id: int) -> C:
        """Scope: disk."""

    def getChildren(
        self,
        *,
        id: int,
        filter: Array = ...,
        order: Order = ...,
        start: int = ...,
    ) -> R:
        """Scope: disk."""

    def getFields(self) -> C:
        """Scope: disk."""

    def getForApp(self) -> C:
        """Scope: disk."""

    def getList(self, *, filter: Array = ..., order: Order = ..., start: int = ...) -> R:
        """Scope: disk."""

    def getTypes(self) -> C:
        """Scope: disk."""

    def rename(self, *, id: int, newName: str) -> C:
        """Scope: disk."""

    def uploadFile(
        self,
        *,
        id: int,
        data: Array,
        fileContent: Array,
        rights: Array = ...,
        generateUniqueName: bool = ...,
    ) -> C:
        """Scope: disk."""

class DiskVersion(Generic[C, R, V]):
    """``disk.version``"""

    def get(self, *, id: int) -> C:
        """Scope: disk."""
