# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic, Literal

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import C, R, V

class ImSearch(Generic[C, R, V]):
    """``im.search``"""

    chat: ImSearchChat[C, R, V]
    department: ImSearchDepartment[C, R, V]
    last: ImSearchLast[C, R, V]
    user: ImSearchUser[C, R, V]

class ImSearchChat(Generic[C, R, V]):
    """``im.search.chat``"""

    def list(
        self,
        *,
        FIND: str = ...,
        FIND_LINES: str = ...,
        OFFSET: int = ...,
        LIMIT: int = ...,
    ) -> R:
        """Scope: im."""

class ImSearchDepartment(Generic[C, R, V]):
    """``im.search.department``"""

    def list(
        self,
        *,
        FIND: str,
        USER_DATA: Literal["Y", "N"] = ...,
        OFFSET: int = ...,
        LIMIT: int = ...,
    ) -> R:
        """Scope: im."""

class ImSearchLast(Generic[C, R, V]):
    """``im.search.last``"""

    @deprecated("the documentation names no replacement")
    def add(self, *, DIALOG_ID: str) -> C:
        """Scope: im."""

    @deprecated("the documentation names no replacement")
    def delete(self, *, DIALOG_ID: str) -> C:
        """Scope: im."""

    @deprecated("the documentation names no replacement")
    def get(
        self,
        *,
        SKIP_OPENLINES: Literal["Y", "N"] = ...,
        SKIP_CHAT: Literal["Y", "N"] = ...,
        SKIP_DIALOG: Literal["Y", "N"] = ...,
    ) -> R:
        """Scope: im."""

class ImSearchUser(Generic[C, R, V]):
    """``im.search.user``"""

    def list(
        self,
        *,
        FIND: str,
        BUSINESS: Literal["Y", "N"] = ...,
        OFFSET: int = ...,
        LIMIT: int = ...,
    ) -> V:
        """Scope: im."""
