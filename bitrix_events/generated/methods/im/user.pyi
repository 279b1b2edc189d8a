# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, R, V

class ImUser(Generic[C, R, V]):
    """``im.user``"""

    list: ImUserList[C, R, V]
    status: ImUserStatus[C, R, V]

    def get(self, *, ID: int = ..., AVATAR_HR: Literal["Y", "N"] = ...) -> C:
        """Scope: im."""

class ImUserList(Generic[C, R, V]):
    """``im.user.list``"""

    def get(
        self,
        *,
        ID: Array | str,
        AVATAR_HR: Literal["Y", "N"] = ...,
        RESULT_TYPE: str = ...,
    ) -> R:
        """Scope: im."""

class ImUserStatus(Generic[C, R, V]):
    """``im.user.status``"""

    idle: ImUserStatusIdle[C, R, V]

    def get(self) -> C:
        """Scope: im."""

    def set(self, *, STATUS: Literal["online", "dnd", "away", "break"]) -> C:
        """Scope: im."""

class ImUserStatusIdle(Generic[C, R, V]):
    """``im.user.status.idle``"""

    def end(self) -> C:
        """Scope: im."""

    def start(self, *, AGO: int = ...) -> C:
        """Scope: im."""
