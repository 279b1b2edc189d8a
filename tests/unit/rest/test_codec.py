"""JSON in and out, the odd kind included."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitrix_events.rest.codec import dump_json, load_json

values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(values)
@settings(deadline=None, max_examples=50)
def test_what_is_written_reads_as_json(value: Any) -> None:
    value = json.loads(json.dumps(value).replace("Infinity", "0"))

    assert json.loads(dump_json(value)) == value
    assert load_json(dump_json(value)) == value


@pytest.mark.parametrize("value", [2**64, -(2**80), "\ud83d", {"a": ["\udc00"]}])
def test_what_the_fast_codec_refuses_is_written_all_the_same(value: Any) -> None:
    assert json.loads(dump_json(value)) == value
    assert load_json(dump_json(value)) == value


@pytest.mark.parametrize(
    "text", [b"", b"{", b"\xff", b"<html>", b"[" * 100_000, b"9" * 5000, b"'a'"]
)
def test_what_is_no_json_is_a_value_error(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        load_json(text)
