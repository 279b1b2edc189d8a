# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic, Literal

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import C, R, V

class ImDisk(Generic[C, R, V]):
    """``im.disk``"""

    file: ImDiskFile[C, R, V]
    folder: ImDiskFolder[C, R, V]

class ImDiskFile(Generic[C, R, V]):
    """``im.disk.file``"""

    @deprecated("use im.v2.File.upload")
    def commit(
        self,
        *,
        CHAT_ID: int,
        DIALOG_ID: str,
        FILE_ID: int,
        UPLOAD_ID: int,
        MESSAGE: str = ...,
        SILENT_MODE: Literal["Y", "N"] = ...,
        AS_FILE: Literal["Y", "N"] = ...,
    ) -> C:
        """Scope: im."""

    def delete(self, *, CHAT_ID: int, FILE_ID: int) -> C:
        """Scope: im."""

    def save(self, *, FILE_ID: int) -> C:
        """Scope: im."""

class ImDiskFolder(Generic[C, R, V]):
    """``im.disk.folder``"""

    @deprecated("use im.v2.File.upload")
    def get(self, *, CHAT_ID: int = ..., DIALOG_ID: str = ...) -> C:
        """Scope: im."""
