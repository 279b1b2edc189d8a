# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic

from bitrix_events.generated.methods.shared import Array, C, R, V

class Humanresources(Generic[C, R, V]):
    """``humanresources``"""

    hcmlink: HumanresourcesHcmlink[C, R, V]

class HumanresourcesHcmlink(Generic[C, R, V]):
    """``humanresources.hcmlink``"""

    company: HumanresourcesHcmlinkCompany[C, R, V]
    employee: HumanresourcesHcmlinkEmployee[C, R, V]
    field: HumanresourcesHcmlinkField[C, R, V]
    job: HumanresourcesHcmlinkJob[C, R, V]

class HumanresourcesHcmlinkCompany(Generic[C, R, V]):
    """``humanresources.hcmlink.company``"""

    user: HumanresourcesHcmlinkCompanyUser[C, R, V]

    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: humanresources.hcmlink.

        fields: company*, crmCompanyId*, title*, data, fields*.
        """

    def delete(self, *, id: int) -> C:
        """Scope: humanresources.hcmlink."""

    def list(self, *, limit: int = ..., offset: int = ..., userId: int = ...) -> R:
        """Scope: humanresources.hcmlink."""

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: humanresources.hcmlink.

        fields: company*, crmCompanyId*, title*, data, fields*.
        """

class HumanresourcesHcmlinkCompanyUser(Generic[C, R, V]):
    """``humanresources.hcmlink.company.user``"""

    def list(self, *, limit: int = ..., offset: int = ...) -> R:
        """Scope: humanresources.hcmlink."""

class HumanresourcesHcmlinkEmployee(Generic[C, R, V]):
    """``humanresources.hcmlink.employee``"""

    def list(self, *, company: str, limit: int = ..., offset: int = ..., updatedAt: str = ...) -> R:
        """Scope: humanresources.hcmlink."""

    def set(self, *, company: str, data: Array, job: Mapping[str, Any] = ...) -> C:
        """Scope: humanresources.hcmlink.

        data: employee*, person*, userId, data*.
        job: id*, fields*.
        """

class HumanresourcesHcmlinkField(Generic[C, R, V]):
    """``humanresources.hcmlink.field``"""

    value: HumanresourcesHcmlinkFieldValue[C, R, V]

class HumanresourcesHcmlinkFieldValue(Generic[C, R, V]):
    """``humanresources.hcmlink.field.value``"""

    def set(self, *, company: str, data: Array, job: Mapping[str, Any] = ...) -> C:
        """Scope: humanresources.hcmlink.

        data: field*, employee*, value*.
        job: id*, fields*.
        """

class HumanresourcesHcmlinkJob(Generic[C, R, V]):
    """``humanresources.hcmlink.job``"""

    status: HumanresourcesHcmlinkJobStatus[C, R, V]

    def update(self, *, id: int, fields: Mapping[str, Any]) -> C:
        """Scope: humanresources.hcmlink.

        fields: status*, total, sent, data.
        """

class HumanresourcesHcmlinkJobStatus(Generic[C, R, V]):
    """``humanresources.hcmlink.job.status``"""

    def get(self, *, id: int) -> C:
        """Scope: humanresources.hcmlink."""
