"""Events made by the factory have the documented shape."""

from __future__ import annotations

from typing import Any

import pytest

from bitrix_events.events import (
    BundleEvent,
    NamedEvent,
    NumberedEvent,
    OnCrmDynamicItemAdd,
    event_class,
)
from bitrix_events.testing import event
from tests.every_event import ID, Documented, every_event


def shape(data: Any) -> Any:
    """The names in some data, without its values."""
    if isinstance(data, dict):
        return {key: shape(value) for key, value in data.items()}
    return [shape(one) for one in data] if isinstance(data, list) else ""


@pytest.mark.parametrize("documented", every_event(), ids=lambda event: event.code)
def test_an_event_is_about_its_record_and_has_the_documented_names(documented: Documented) -> None:
    made = event(documented.code, id=int(ID))

    known = event_class(documented.code)(documented.code, documented.data)
    assert type(made) is type(known)
    if isinstance(documented.data, dict):
        assert made.data.keys() == documented.data.keys()
    else:
        assert made.data == documented.data
    assert (made.entity_key is None) == (known.entity_key is None)
    if isinstance(made, NamedEvent | NumberedEvent):
        assert str(made.entity_id) == ID
    if isinstance(made, BundleEvent):
        assert made.entity_ids == (int(ID),)


def test_an_item_of_a_type_has_the_number_of_the_type() -> None:
    made = event("oncrmdynamicitemadd_147", id=7)

    assert isinstance(made, OnCrmDynamicItemAdd)
    assert made.code == "ONCRMDYNAMICITEMADD_147"
    assert made.data == {"FIELDS": {"ID": "7", "ENTITY_TYPE_ID": "147"}}


def test_values_of_ones_own_are_put_into_the_rest() -> None:
    made = event("ONIMBOTMESSAGEADD", data={"PARAMS": {"MESSAGE": "Hi"}})

    assert made.data["PARAMS"]["MESSAGE"] == "Hi"
    assert made.data["PARAMS"]["DIALOG_ID"] == "3"


def test_an_event_that_is_not_documented_is_refused() -> None:
    with pytest.raises(LookupError, match="no event ONNOTHING is documented"):
        event("onNothing")
