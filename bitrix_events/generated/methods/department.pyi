# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic, Literal

from bitrix_events.generated.methods.shared import C, R, V

class Department(Generic[C, R, V]):
    """``department``"""

    def add(self, *, NAME: str, PARENT: int, SORT: int = ..., UF_HEAD: int = ...) -> C:
        """Scope: department."""

    def delete(self, *, ID: int) -> C:
        """Scope: department."""

    def fields(self) -> C:
        """Scope: department."""

    def get(
        self,
        *,
        sort: str = ...,
        order: Literal["ASC", "DESC", "asc", "desc"] = ...,
        ID: int = ...,
        NAME: str = ...,
        SORT: int = ...,
        PARENT: int = ...,
        UF_HEAD: int = ...,
        START: int = ...,
    ) -> R:
        """Scope: department."""

    def update(
        self,
        *,
        ID: int,
        NAME: str = ...,
        SORT: int = ...,
        PARENT: int = ...,
        UF_HEAD: int = ...,
    ) -> C:
        """Scope: department."""
