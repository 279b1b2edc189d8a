"""From the answer of a method that reads a record to a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from bitrix_events.entities.base import Entity
from bitrix_events.entities.reading import Reading
from bitrix_events.errors import NotFound, RestError

E = TypeVar("E", bound=Entity)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record comes from, for errors.

    Attributes:
        method: the REST method that read it.
        name: of the kind of record.
        portal: host name.
    """

    method: str
    name: str
    entity_id: int | str
    portal: str

    def record(self, reading: Reading, result: Any) -> Any:
        """The record that a result has, as it came.

        Raises:
            NotFound: there is none.
            RestError: the result is not as documented.
        """
        try:
            record = reading.record(result)
        except (LookupError, TypeError) as error:
            raise self._bad(f"the answer has no {self.name} {self.entity_id}") from error
        if record is None:
            what = f"there is no {self.name} {self.entity_id}"
            raise NotFound(self.method, "NOT_FOUND", what, portal=self.portal)
        return record

    def model(self, entity: type[E], record: Any) -> E:
        """A record as a model.

        Raises:
            RestError: it does not fit.
        """
        try:
            return entity.model_validate(record)
        except ValidationError as error:
            problem = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(map(str, problem["loc"]))
            what = f"{self.name} {self.entity_id} does not fit its model: {where}: {problem['msg']}"
            raise self._bad(what) from error

    def _bad(self, what: str) -> RestError:
        return RestError(self.method, "BAD_RESULT", what, portal=self.portal)
