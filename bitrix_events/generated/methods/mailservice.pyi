# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic, Literal

from bitrix_events.generated.methods.shared import C, R, Upload, V

class Mailservice(Generic[C, R, V]):
    """``mailservice``"""

    def add(
        self,
        *,
        NAME: str,
        ACTIVE: Literal["Y", "N"] = ...,
        SERVER: str = ...,
        PORT: int = ...,
        ENCRYPTION: Literal["Y", "N"] = ...,
        LINK: str = ...,
        ICON: Upload | int | str = ...,
        SORT: int = ...,
    ) -> C:
        """Scope: mailservice."""

    def delete(self, *, ID: int) -> C:
        """Scope: mailservice."""

    def fields(self) -> C:
        """Scope: mailservice."""

    def get(self, *, ID: int) -> C:
        """Scope: mailservice."""

    def list(self) -> R:
        """Scope: mailservice."""

    def update(
        self,
        *,
        ID: int,
        ACTIVE: Literal["Y", "N"] = ...,
        NAME: str = ...,
        SERVER: str = ...,
        PORT: int = ...,
        ENCRYPTION: Literal["Y", "N"] = ...,
        LINK: str = ...,
        ICON: Upload | int | str = ...,
        SORT: int = ...,
    ) -> C:
        """Scope: mailservice."""
