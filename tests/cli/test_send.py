"""What ``bitrix-events send`` puts into the data of an event."""

from __future__ import annotations

from typing import Any

import pytest

from bitrix_events.cli.loading import UsageError
from bitrix_events.cli.send import build_data
from bitrix_events.events import NumberedEvent, event_class


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("ONCRMDEALADD", {"FIELDS": {"ID": 7, "A": "1"}}),
        ("ONTASKADD", {"FIELDS_AFTER": {"ID": 7, "A": "1"}}),
        ("ONTASKDELETE", {"FIELDS_BEFORE": {"ID": 7, "A": "1"}}),
        ("ONCALENDARENTRYADD", {"id": 7, "A": "1"}),
        ("ONIMBOTV2MESSAGEADD", {"message": {"id": 7, "A": "1"}}),
        ("ONIMCONNECTORLINEDELETE", 7),
        ("ONX", {"FIELDS": {"ID": 7, "A": "1"}}),
        ("ONAPPTEST", {"ID": 7, "A": "1"}),
    ],
)
def test_the_id_lies_where_such_events_have_it(code: str, data: Any) -> None:
    built = build_data(code, 7, ["A=1"])

    assert built == data
    kind = event_class(code)
    if issubclass(kind, NumberedEvent):
        assert kind(code, built).entity_id == 7


def test_without_an_id_the_fields_are_the_data() -> None:
    assert build_data("ONAPPUNINSTALL", None, ["CLEAN=1"]) == {"CLEAN": "1"}
    with pytest.raises(UsageError, match="ONTASKADD is about a record: add --id"):
        build_data("ontaskadd", None, [])
