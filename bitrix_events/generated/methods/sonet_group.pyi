# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Generic, Literal

from bitrix_events.generated.methods.shared import Array, C, Order, R, Upload, V

class SonetGroup(Generic[C, R, V]):
    """``sonet_group``"""

    feature: SonetGroupFeature[C, R, V]
    user: SonetGroupUser[C, R, V]

    def create(
        self,
        *,
        NAME: str,
        DESCRIPTION: str = ...,
        VISIBLE: Literal["Y", "N"] = ...,
        OPENED: Literal["Y", "N"] = ...,
        CLOSED: Literal["Y", "N"] = ...,
        KEYWORDS: str = ...,
        INITIATE_PERMS: Literal["A", "E", "K"] = ...,
        PROJECT: Literal["Y", "N"] = ...,
        PROJECT_DATE_START: datetime | date | str = ...,
        PROJECT_DATE_FINISH: datetime | date | str = ...,
        SCRUM_MASTER_ID: int = ...,
        OWNER_ID: int = ...,
        IMAGE: Upload = ...,
        IMAGE_FILE_ID: int = ...,
        SITE_ID: Array = ...,
        SUBJECT_ID: int = ...,
    ) -> C:
        """Scope: sonet."""

    def delete(self, *, GROUP_ID: int) -> C:
        """Scope: sonet."""

    def get(
        self,
        *,
        ORDER: Order = ...,
        FILTER: Mapping[str, Any] = ...,
        GROUP_ID: int = ...,
        IS_ADMIN: Literal["Y"] = ...,
        start: int = ...,
    ) -> R:
        """Scope: sonet.

        FILTER: ID, NAME, OWNER_ID, ACTIVE, VISIBLE, OPENED, CLOSED, DATE_CREATE, DATE_UPDATE,
          DATE_ACTIVITY, IS_EXTRANET.
        """

    def setowner(self, *, GROUP_ID: int, USER_ID: int) -> C:
        """Scope: sonet."""

    def update(
        self,
        *,
        GROUP_ID: int,
        NAME: str = ...,
        DESCRIPTION: str = ...,
        VISIBLE: Literal["Y", "N"] = ...,
        OPENED: Literal["Y", "N"] = ...,
        CLOSED: Literal["Y", "N"] = ...,
        KEYWORDS: str = ...,
        INITIATE_PERMS: Literal["A", "E", "K"] = ...,
        PROJECT_DATE_START: datetime | date | str = ...,
        PROJECT_DATE_FINISH: datetime | date | str = ...,
        OWNER_ID: int = ...,
        IMAGE: Upload = ...,
        IMAGE_FILE_ID: int = ...,
        SITE_ID: Array = ...,
    ) -> C:
        """Scope: sonet."""

class SonetGroupFeature(Generic[C, R, V]):
    """``sonet_group.feature``"""

    def access(
        self,
        *,
        GROUP_ID: int,
        FEATURE: Literal["photo", "calendar", "tasks", "files", "blog"],
        OPERATION: str,
    ) -> C:
        """Scope: sonet."""

class SonetGroupUser(Generic[C, R, V]):
    """``sonet_group.user``"""

    def add(self, *, GROUP_ID: int, USER_ID: int | Sequence[int]) -> C:
        """Scope: sonet."""

    def delete(self, *, GROUP_ID: int, USER_ID: int | Sequence[int]) -> C:
        """Scope: sonet."""

    def get(self, *, ID: int) -> R:
        """Scope: sonet."""

    def groups(self) -> R:
        """Scope: sonet."""

    def invite(self, *, GROUP_ID: int, USER_ID: int | Sequence[int], MESSAGE: str = ...) -> C:
        """Scope: sonet."""

    def request(self, *, GROUP_ID: int, MESSAGE: str = ...) -> C:
        """Scope: sonet."""

    def update(self, *, GROUP_ID: int, USER_ID: int | Sequence[int], ROLE: Literal["E", "K"]) -> C:
        """Scope: sonet."""
