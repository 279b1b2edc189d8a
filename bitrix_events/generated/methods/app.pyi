# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from bitrix_events.generated.methods.shared import Array, C, R, V

class App(Generic[C, R, V]):
    """``app``"""

    option: AppOption[C, R, V]

    def info(self) -> C:
        """Scope: basic."""

class AppOption(Generic[C, R, V]):
    """``app.option``"""

    def get(self, *, option: str = ...) -> C:
        """Scope: basic."""

    def set(self, *, options: Array) -> C:
        """Scope: basic."""
