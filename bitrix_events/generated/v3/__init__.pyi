# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Any, Generic

from bitrix_events.generated.methods.shared import C, R, V
from bitrix_events.generated.v3.call import Call
from bitrix_events.generated.v3.humanresources import Humanresources
from bitrix_events.generated.v3.mail import Mail
from bitrix_events.generated.v3.main import Main
from bitrix_events.generated.v3.note import Note
from bitrix_events.generated.v3.rest import Rest
from bitrix_events.generated.v3.tasks import Tasks
from bitrix_events.generated.v3.timeman import Timeman

class V3Methods(Generic[C, R, V]):
    """First parts of the names of methods."""

    call_: Call[C, R, V]
    humanresources: Humanresources[C, R, V]
    mail: Mail[C, R, V]
    main: Main[C, R, V]
    note: Note[C, R, V]
    rest: Rest[C, R, V]
    tasks: Tasks[C, R, V]
    timeman: Timeman[C, R, V]

    def batch_(self, *, idempotency_key: str | None = ..., **others: Any) -> C:
        """No scope is documented.

        Takes ``[]``.
        []: method*, query.
        """

    def documentation(self, **others: Any) -> C:
        """No scope is documented."""
