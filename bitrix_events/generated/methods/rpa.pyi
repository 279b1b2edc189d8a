# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from collections.abc import Mapping
from typing import Any, Generic, Literal

from typing_extensions import deprecated

from bitrix_events.generated.methods.shared import Array, C, Order, R, V

class Rpa(Generic[C, R, V]):
    """``rpa``"""

    comment: RpaComment[C, R, V]
    fields: RpaFields[C, R, V]
    item: RpaItem[C, R, V]
    stage: RpaStage[C, R, V]
    task: RpaTask[C, R, V]
    timeline: RpaTimeline[C, R, V]
    type: RpaType[C, R, V]

class RpaComment(Generic[C, R, V]):
    """``rpa.comment``"""

    @deprecated("the documentation names no replacement")
    def add(self, *, fields: Mapping[str, Any] = ...) -> C:
        """Scope: rpa.

        fields: description, files.
        """

    @deprecated("the documentation names no replacement")
    def delete(self, *, id: int) -> C:
        """Scope: rpa."""

    @deprecated("the documentation names no replacement")
    def update(self, *, id: int = ..., fields: Mapping[str, Any] = ...) -> C:
        """Scope: rpa.

        fields: description, files.
        """

class RpaFields(Generic[C, R, V]):
    """``rpa.fields``"""

    @deprecated("the documentation names no replacement")
    def getSettings(self, *, typeId: int, stageId: int = ...) -> C:
        """Scope: rpa."""

    @deprecated("the documentation names no replacement")
    def setSettings(self, *, typeId: int, fields: Mapping[str, Any], stageId: int = ...) -> C:
        """Scope: rpa."""

    @deprecated("the documentation names no replacement")
    def setVisibilitySettings(
        self,
        *,
        typeId: int,
        visibility: str,
        fields: Array,
        stageId: int = ...,
    ) -> C:
        """Scope: rpa."""

class RpaItem(Generic[C, R, V]):
    """``rpa.item``"""

    @deprecated("the documentation names no replacement")
    def add(self, *, typeId: int, fields: Array = ...) -> C:
        """Scope: rpa."""

    @deprecated("the documentation names no replacement")
    def delete(self, *, typeId: int, id: int) -> C:
        """Scope: rpa."""

    @deprecated("the documentation names no replacement")
    def get(self, *, typeId: int = ..., id: int = ...) -> C:
        """Scope: rpa."""

    @deprecated("the documentation names no replacement")
    def getTasks(self, *, typeId: int = ..., id: int = ...) -> R:
        """Scope: rpa."""

    @deprecated("the documentation names no replacement")
    def list(
        self,
        *,
        typeId: int = ...,
        order: Order = ...,
        filter: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: rpa."""

    @deprecated("the documentation names no replacement")
    def update(self, *, fields: Mapping[str, Any], typeId: int = ..., id: int = ...) -> C:
        """Scope: rpa.

        fields: stageId, UF_RPA_....
        """

class RpaStage(Generic[C, R, V]):
    """``rpa.stage``"""

    @deprecated("the documentation names no replacement")
    def add(self, *, fields: Mapping[str, Any]) -> C:
        """Scope: rpa.

        fields: name*, typeId*, code, color, sort, semantic.
        """

    @deprecated("the documentation names no replacement")
    def delete(self, *, id: int) -> C:
        """Scope: rpa."""

    @deprecated("the documentation names no replacement")
    def get(self) -> C:
        """Scope: rpa."""

    @deprecated("the documentation names no replacement")
    def listForType(self, *, typeId: int, start: int = ...) -> R:
        """Scope: rpa."""

    @deprecated("the documentation names no replacement")
    def update(self, *, id: int = ..., fields: Array = ...) -> C:
        """Scope: rpa.

        fields: name, code, color, sort, semantic.
        """

class RpaTask(Generic[C, R, V]):
    """``rpa.task``"""

    @deprecated("the documentation names no replacement")
    def addUser(
        self,
        *,
        typeId: int = ...,
        stageId: int = ...,
        robotName: str = ...,
        userValue: str = ...,
    ) -> C:
        """Scope: rpa."""

    @deprecated("the documentation names no replacement")
    def delete(self, *, typeId: int = ..., stageId: int = ..., robotName: str = ...) -> C:
        """Scope: rpa."""

    @deprecated("the documentation names no replacement")
    def do(self) -> C:
        """Scope: rpa."""

class RpaTimeline(Generic[C, R, V]):
    """``rpa.timeline``"""

    @deprecated("the documentation names no replacement")
    def add(self, *, typeId: int = ..., itemId: int = ..., fields: Mapping[str, Any] = ...) -> C:
        """Scope: rpa.

        fields: title, description.
        """

    @deprecated("the documentation names no replacement")
    def delete(self, *, id: int) -> C:
        """Scope: rpa."""

    @deprecated("the documentation names no replacement")
    def listForItem(self, *, typeId: int = ..., itemId: int = ..., start: int = ...) -> R:
        """Scope: rpa."""

    @deprecated("the documentation names no replacement")
    def update(self, *, id: int = ..., fields: Mapping[str, Any] = ...) -> C:
        """Scope: rpa.

        fields: title, description.
        """

    @deprecated("the documentation names no replacement")
    def updateIsFixed(self, *, id: int = ..., isFixed: Literal["Y", "N"] = ...) -> C:
        """Scope: rpa."""

class RpaType(Generic[C, R, V]):
    """``rpa.type``"""

    @deprecated("the documentation names no replacement")
    def add(self, *, fields: Array) -> C:
        """Scope: rpa.

        fields: title*, image, settings, permissions.
        """

    @deprecated("the documentation names no replacement")
    def delete(self, *, id: int) -> C:
        """Scope: rpa."""

    @deprecated("the documentation names no replacement")
    def get(self, *, id: int) -> C:
        """Scope: rpa."""

    @deprecated("the documentation names no replacement")
    def list(
        self,
        *,
        select: Array = ...,
        order: Order = ...,
        filter: Mapping[str, Any] = ...,
        start: int = ...,
    ) -> R:
        """Scope: rpa."""

    @deprecated("the documentation names no replacement")
    def update(self, *, id: int = ..., fields: Array = ...) -> C:
        """Scope: rpa."""
