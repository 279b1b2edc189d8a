"""What people do in the portal with records: make, change and delete them; and what is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, overload

from bitrix_events.testing.fields import Kind
from bitrix_events.testing.kinds import kind_named
from bitrix_events.testing.methods import PortalState
from bitrix_events.testing.models import M, Model, fields_of, kind_of, plain, renamed, with_id
from bitrix_events.testing.table import as_ids
from bitrix_events.testing.world import classic_record


class Records:
    """The part of `FakePortal` that is about records. Each is named by its kind and id, or by the
    model that stands for it: ``"deal", 7`` or ``Deal(id=7)``."""

    _state: PortalState

    @overload
    def add(self, kind: str, *, user_id: int = 1, **fields: Any) -> int: ...
    @overload
    def add(self, kind: M, *, user_id: int = 1) -> M: ...
    def add(self, kind: str | Model, *, user_id: int = 1, **fields: Any) -> Any:
        """Make a record, as a user would in the browser, and raise the event in the background.

        Args:
            kind: ``deal``, ``lead``, ``contact``, ``company``, ``quote``, ``smart_invoice``,
                ``dynamic_147`` (an item of the smart process 147), ``user``, ``activity``,
                ``timeline_comment``, ``currency``, ``task``, ``product``, ``userfield``, ``type``;
                or one that raises no events: ``product_row``, ``elapsed_item``, ``status``,
                ``address``, ``category``, ``department``, ``disk_object``. Or a model, of which all
                that was given when it was made is taken over: ``Deal(id=7, title="Roof")``.
            user_id: who does it; 0 is nobody (a robot, an import), and such an event carries no
                tokens.
            fields: by their names (``TITLE``, ``stage_id``, ``stageId``, ``UF_CRM_X``); a given
                ``ID`` is kept.

        Returns:
            The id of the record; of a model, the model with the id that the record has.

        Raises:
            LookupError: the fake portal has no such records.
            ValueError: there is a record with this id.
        """
        if isinstance(kind, str):
            found = kind_named(kind)
            return self._add(found, renamed(found, fields), user_id)
        return with_id(kind, self._add(kind_of(kind), fields_of(kind), user_id))

    def fill(
        self,
        kind: str,
        count: int = 0,
        *,
        ids: Iterable[int] | None = None,
        user_id: int = 1,
        **fields: Any,
    ) -> Sequence[int]:
        """Make many records at once, all with the same fields, and raise no events.

        Each of them can be changed and deleted as any other. 250,000 take a fraction of a second.

        Args:
            count: how many, with the next free ids.
            ids: these ids instead, with whatever gaps.
            fields: see `add`.

        Returns:
            The ids, ascending.
        """
        found = kind_named(kind)
        first = self._state.world.table(found).last_id + 1
        chosen = range(first, first + count) if ids is None else as_ids(ids)
        self._state.world.fill(found, chosen, renamed(found, fields), user_id=user_id)
        return chosen

    @overload
    def change(self, kind: str, record_id: int, *, user_id: int = 1, **fields: Any) -> None: ...
    @overload
    def change(self, kind: Model, *, user_id: int = 1, **fields: Any) -> None: ...
    def change(
        self, kind: str | Model, record_id: int = 0, *, user_id: int = 1, **fields: Any
    ) -> None:
        """Change a record and raise the event; see `add`. An unknown id is a LookupError.

        Args:
            fields: see `add`.
        """
        found, record_id = _place(kind, record_id)
        fields = renamed(found, fields)
        if not isinstance(kind, str):
            fields = plain(fields)
        change = self._state.world.change(found, record_id, fields, user_id=user_id)
        self._state.announce(change, user_id=user_id)

    @overload
    def delete(self, kind: str, record_id: int, *, user_id: int = 1) -> None: ...
    @overload
    def delete(self, kind: Model, *, user_id: int = 1) -> None: ...
    def delete(self, kind: str | Model, record_id: int = 0, *, user_id: int = 1) -> None:
        """Remove a record and raise the event; see `add`. An unknown id is a LookupError."""
        change = self._state.world.delete(*_place(kind, record_id))
        self._state.announce(change, user_id=user_id)

    @overload
    def record(self, kind: str, record_id: int) -> dict[str, Any]: ...
    @overload
    def record(self, kind: Model) -> dict[str, Any]: ...
    def record(self, kind: str | Model, record_id: int = 0) -> dict[str, Any]:
        """A copy of a record, in the text values of classic methods; see `change` for errors."""
        found, record_id = _place(kind, record_id)
        return classic_record(found, self._state.world.get(found, record_id))

    def ids(self, kind: str) -> Sequence[int]:
        """The ids of all records of a kind, ascending; to be read before the next change."""
        return self._state.world.table(kind_named(kind)).select({}, {})

    def records(self, kind: str) -> list[dict[str, Any]]:
        """All records of a kind, in order of their ids; see `record`."""
        found = kind_named(kind)
        return [classic_record(found, row) for row in self._state.world.all(found)]

    def _add(self, kind: Kind, fields: dict[str, Any], user_id: int) -> int:
        change = self._state.world.add(kind, fields, user_id=user_id)
        self._state.announce(change, user_id=user_id)
        return change.id


def _place(kind: str | Model, record_id: int) -> tuple[Kind, int]:
    """Which record is meant."""
    if isinstance(kind, str):
        return kind_named(kind), record_id
    return kind_of(kind), int(kind["ID"])
