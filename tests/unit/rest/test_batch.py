"""Commands of a batch: written so that the portal reads back the same, outcomes by their keys."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitrix_events.errors import NotFound, RestError
from bitrix_events.rest.batch import Command, encode_command, fits_batch, read_outcomes
from bitrix_events.rest.responses import Response
from bitrix_events.wire.form import FormLimits, decode_form

PORTAL = "acme.bitrix24.com"
COMMANDS: dict[str, Command] = {
    "c0": ("crm.deal.get", {"id": 1}),
    "c1": ("crm.deal.list", {}),
}
WIDE = FormLimits(fields=100_000, containers=100_000, brackets=100_000, key_bytes=100_000, depth=50)

keys = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="[]"), min_size=1
).filter(lambda key: not key.isdecimal())
values: st.SearchStrategy[Any] = st.recursive(
    st.text(),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4)
        | st.dictionaries(keys, inner, min_size=1, max_size=4)
    ),
    max_leaves=12,
)


def read_command(command: str) -> tuple[str, dict[str, Any]]:
    """As the portal reads it: parse_url, then parse_str."""
    address, _, _ = command.partition("#")
    method, _, query = address.partition("?")
    return method, dict(decode_form(query.encode(), WIDE))


@given(st.dictionaries(keys, values, max_size=5))
@settings(deadline=None)
def test_the_portal_reads_the_parameters_that_were_written(parameters: dict[str, Any]) -> None:
    encoded = encode_command(("crm.deal.list", parameters))

    assert read_command(encoded) == ("crm.deal.list", parameters)


@given(st.dictionaries(keys, values, max_size=5))
@settings(deadline=None)
def test_a_command_is_plain_ascii_without_blanks_or_fragment(parameters: dict[str, Any]) -> None:
    encoded = encode_command(("crm.deal.list", parameters))

    assert encoded.isascii()
    assert not set(encoded) & set(' #+"<>\\\r\n')


def test_a_command_without_parameters_is_the_method() -> None:
    assert encode_command(("profile", {})) == "profile"


def test_operators_in_names_are_escaped_and_brackets_kept() -> None:
    encoded = encode_command(("crm.deal.list", {"filter": {">=ID": 5, "%TITLE": "a&b"}}))

    assert encoded == "crm.deal.list?filter[%3E%3DID]=5&filter[%25TITLE]=a%26b"


@pytest.mark.parametrize(
    ("value", "text"), [(True, "1"), (False, "0"), (7, "7"), (1.5, "1.5"), (None, "")]
)
def test_values_are_written_as_php_writes_them(value: Any, text: str) -> None:
    encoded = encode_command(("x", {"top": value, "list": [value], "map": {"k": value}}))

    assert read_command(encoded)[1] == {"top": text, "list": [text], "map": {"k": text}}


def test_tuples_are_lists() -> None:
    encoded = encode_command(("x", {"select": ("ID", "TITLE")}))

    assert read_command(encoded)[1] == {"select": ["ID", "TITLE"]}


# Which commands fit.


@pytest.mark.parametrize("section", ["result", "next", "total", "time", "error"])
@pytest.mark.parametrize(
    "shape", ["{}", "text {} text", ["a", "{}"], {"fields": {"deep": [{"x": "{}"}]}}]
)
def test_text_that_the_portal_would_replace_does_not_fit(shape: Any, section: str) -> None:
    def fill(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [fill(item) for item in value]
        return value.replace("{}", f"${section}[c0][ID]")

    assert not fits_batch(("crm.deal.add", {"value": fill(shape)}))


@pytest.mark.parametrize("text", ["$result", "result[x]", "$ result[x]", "$5 [x]", "$results[x]"])
def test_text_that_only_looks_similar_fits(text: str) -> None:
    assert fits_batch(("crm.deal.add", {"TITLE": text}))


def test_names_are_not_replaced_and_fit() -> None:
    assert fits_batch(("crm.deal.add", {"$result[x]": "1"}))


@pytest.mark.parametrize("parameters", [{"list": []}, {"list": ()}, {"fields": {"list": [[]]}}])
def test_an_empty_list_does_not_fit(parameters: Any) -> None:
    assert not fits_batch(("crm.deal.update", parameters))


@pytest.mark.parametrize("parameters", [{}, {"id": 1}, {"text": ""}, {"none": None}])
def test_ordinary_parameters_fit(parameters: Any) -> None:
    assert fits_batch(("crm.deal.update", parameters))


# Outcomes.


def outcomes(result: Any, commands: dict[str, Command] = COMMANDS) -> dict[str, Any]:
    return read_outcomes(result, commands, portal=PORTAL)


def test_outcomes_keep_the_order_of_the_commands() -> None:
    found = outcomes({"result": {"c1": [], "c0": {}}})

    assert list(found) == ["c0", "c1"]


def test_a_page_of_a_batch_has_its_total_next_and_time() -> None:
    found = outcomes(
        {
            "result": {"c0": {"ID": "1"}, "c1": [{"ID": "1"}]},
            "result_error": [],
            "result_total": {"c1": 120},
            "result_next": {"c1": 50},
            "result_time": {"c1": {"operating": 0.5}},
        }
    )

    assert found["c0"] == Response({"ID": "1"})
    assert (found["c1"].total, found["c1"].next, found["c1"].time.operating) == (120, 50, 0.5)


def test_lists_are_read_by_position() -> None:
    commands: dict[str, Command] = {"0": ("a", {}), "1": ("b", {})}

    found = outcomes({"result": ["first", "second"], "result_total": [5, 6]}, commands)

    assert [found["0"].result, found["1"].result] == ["first", "second"]
    assert [found["0"].total, found["1"].total] == [5, 6]


def test_a_failed_command_is_an_error_of_its_method() -> None:
    found = outcomes(
        {
            "result": {"c1": []},
            "result_error": {"c0": {"error": "NOT_FOUND", "error_description": "gone"}},
        }
    )

    error = found["c0"]
    assert isinstance(error, NotFound)
    assert (error.method, error.portal, error.description) == ("crm.deal.get", PORTAL, "gone")
    assert isinstance(found["c1"], Response)


@pytest.mark.parametrize("content", ["out of memory", ["?"], {"message": "?"}, None])
def test_an_odd_error_of_a_command_is_still_an_error(content: Any) -> None:
    found = outcomes({"result": [], "result_error": {"c0": content}})

    assert isinstance(found["c0"], RestError)


def test_a_command_that_returns_nothing_is_a_success() -> None:
    found = outcomes({"result": {"c0": None, "c1": False}})

    assert [found["c0"].result, found["c1"].result] == [None, False]


@pytest.mark.parametrize("result", [{}, [], None, "text", {"result": []}, {"result": {"c9": 1}}])
def test_a_command_that_the_answer_does_not_name_is_an_error(result: Any) -> None:
    found = outcomes(result)

    assert {name: error.code for name, error in found.items()} == {
        "c0": "NO_OUTCOME",
        "c1": "NO_OUTCOME",
    }


@pytest.mark.parametrize("part", ["result", "result_error", "result_total", "result_time"])
@pytest.mark.parametrize("odd", [7, "text"])
def test_a_part_of_an_odd_type_does_not_raise(part: str, odd: Any) -> None:
    found = outcomes({part: odd})

    assert set(found) == {"c0", "c1"}


@pytest.mark.parametrize("number", ["120", 120])
def test_total_and_next_are_numbers_as_in_a_single_call(number: Any) -> None:
    found = outcomes({"result": {"c0": 1, "c1": []}, "result_total": {"c1": number}})

    assert found["c1"].total == 120
