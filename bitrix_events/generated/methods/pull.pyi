# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import C, R, V

class Pull(Generic[C, R, V]):
    """``pull``"""

    application: PullApplication[C, R, V]

class PullApplication(Generic[C, R, V]):
    """``pull.application``"""

    config: PullApplicationConfig[C, R, V]
    event: PullApplicationEvent[C, R, V]
    push: PullApplicationPush[C, R, V]

class PullApplicationConfig(Generic[C, R, V]):
    """``pull.application.config``"""

    def get(self, *, CACHE: Literal["Y", "N"] = ..., REOPEN: Literal["Y", "N"] = ...) -> C:
        """Scope: pull."""

class PullApplicationEvent(Generic[C, R, V]):
    """``pull.application.event``"""

    def add(
        self,
        *,
        COMMAND: str,
        PARAMS: Mapping[str, Any] = ...,
        MODULE_ID: str = ...,
        USER_ID: int | Sequence[int] = ...,
    ) -> C:
        """Scope: pull."""

class PullApplicationPush(Generic[C, R, V]):
    """``pull.application.push``"""

    def add(self, *, USER_ID: int | Sequence[int], TEXT: str, AVATAR: str = ...) -> C:
        """Scope: pull."""
