# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, R, V

class ImDepartment(Generic[C, R, V]):
    """``im.department``"""

    colleagues: ImDepartmentColleagues[C, R, V]
    employees: ImDepartmentEmployees[C, R, V]
    managers: ImDepartmentManagers[C, R, V]

    def get(self, *, ID: Array, USER_DATA: Literal["Y", "N"] = ...) -> R:
        """Scope: im."""

class ImDepartmentColleagues(Generic[C, R, V]):
    """``im.department.colleagues``"""

    def list(self, *, USER_DATA: Literal["Y", "N"] = ..., OFFSET: int = ..., LIMIT: int = ...) -> V:
        """Scope: im."""

class ImDepartmentEmployees(Generic[C, R, V]):
    """``im.department.employees``"""

    def get(self, *, ID: Array, USER_DATA: Literal["Y", "N"] = ...) -> C:
        """Scope: im."""

class ImDepartmentManagers(Generic[C, R, V]):
    """``im.department.managers``"""

    def get(self, *, ID: Array, USER_DATA: Literal["Y", "N"] = ...) -> C:
        """Scope: im."""
