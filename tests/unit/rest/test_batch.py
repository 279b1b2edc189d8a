"""Commands of a batch: written so that the portal reads back the same, outcomes by their keys."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitrix_events.errors import NotExecuted, NotFound, PortalFault, RestError
from bitrix_events.rest.batch import (
    Ref,
    encode_command,
    encode_references,
    fits_batch,
    is_batchable,
    read_outcomes,
    references,
    with_references,
)
from bitrix_events.rest.parameters import File
from bitrix_events.rest.responses import Response
from bitrix_events.wire.form import FormLimits, decode_form

PORTAL = "acme.bitrix24.com"
METHODS = ["crm.deal.get", "crm.deal.list"]
WIDE = FormLimits(fields=100_000, containers=100_000, brackets=100_000, key_bytes=100_000, depth=50)

NASTY = [
    "#",
    "&",
    "=",
    "+",
    "%",
    "?",
    " ",
    "%5B",
    "a&b=c",
    "\u2028",
    "\r\n",
    "é",
    "日本",
    "😀",
    "/",
]
keys = (
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="[]\0"), min_size=1)
    | st.sampled_from(NASTY)
).filter(lambda key: not key.isdecimal())
outer_keys = keys.map(lambda key: key.replace(".", "_").replace(" ", "_"))
values: st.SearchStrategy[Any] = st.recursive(
    st.text() | st.sampled_from(NASTY),
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


@given(st.dictionaries(outer_keys, values, max_size=5))
@settings(deadline=None, max_examples=50)
def test_the_portal_reads_the_parameters_that_were_written(parameters: dict[str, Any]) -> None:
    encoded = encode_command(("crm.deal.list", parameters))

    assert read_command(encoded) == ("crm.deal.list", parameters)


@given(st.dictionaries(outer_keys, values, max_size=5))
@settings(deadline=None, max_examples=50)
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

    assert not fits_batch({"value": fill(shape)})


@pytest.mark.parametrize("text", ["$result", "result[x]", "$ result[x]", "$5 [x]", "$results[x]"])
def test_text_that_only_looks_similar_fits(text: str) -> None:
    assert fits_batch({"TITLE": text})


@pytest.mark.parametrize(
    "parameters",
    [
        {"$result[x]": "1"},
        {"filter": {"a[b": "1"}},
        {"filter": {"": "1"}},
        {"filter": {"a\0": "1"}},
        {"a.b": "1"},
        {"a b": "1"},
        {"\ud800": "1"},
    ],
)
def test_names_that_php_would_change_do_not_fit(parameters: Any) -> None:
    assert not fits_batch(parameters)


@pytest.mark.parametrize(
    "parameters", [{"filter": {"a.b c": "1"}}, {"filter": {">=ID": 1}}, {"ключ": 1}, {0: 1}]
)
def test_names_that_only_look_odd_fit(parameters: Any) -> None:
    assert fits_batch(parameters)


def test_text_that_is_no_unicode_does_not_fit() -> None:
    assert not fits_batch({"TITLE": "half of a pair: \ud83d"})


def test_a_file_does_not_fit() -> None:
    assert not fits_batch({"fields": {"PHOTO": File("a.png", b"...")}})


@pytest.mark.parametrize("count", [1000, 1001])
def test_no_more_values_than_php_takes_go_into_a_command(count: int) -> None:
    command = ("crm.deal.list", {"filter": {"@ID": list(range(count - 1))}, "start": -1})

    assert is_batchable(command) is (count == 1000)


@pytest.mark.parametrize(
    ("method", "fits"),
    [
        ("crm.deal.get", True),
        ("crm.deal.add", True),
        ("task.commentitem.add", False),
        ("disk.folder.uploadfile", False),
        ("batch", False),
    ],
)
def test_what_the_portal_refuses_in_a_batch_goes_by_itself(method: str, fits: bool) -> None:
    assert is_batchable((method, {"id": 1})) is fits


@pytest.mark.parametrize("parameters", [{"list": []}, {"list": ()}, {"fields": {"list": [[]]}}])
def test_an_empty_list_does_not_fit(parameters: Any) -> None:
    assert not fits_batch(parameters)


@pytest.mark.parametrize("value", [None, False])
@pytest.mark.parametrize("method", ["crm.deal.list", "crm.deal.update"])
def test_none_and_false_are_other_values_in_a_batch(method: str, value: Any) -> None:
    for parameters in ({"filter": {"=UF_CRM_X": value}}, {"a": [{"b": value}]}):
        assert not fits_batch(parameters)
        assert not is_batchable((method, parameters))


@pytest.mark.parametrize(
    ("method", "fits"), [("crm.deal.list", False), ("crm.deal.get", False), ("crm.deal.add", True)]
)
@pytest.mark.parametrize("value", [None, False])
def test_in_a_batch_of_the_callers_they_are_meant_where_something_is_written(
    method: str, value: Any, fits: bool
) -> None:
    command = (method, {"fields": {"COMMENTS": value}})

    assert is_batchable(command, by_caller=True) is fits


@pytest.mark.parametrize("container", [lambda inner: {"a": inner}, lambda inner: [inner]])
@pytest.mark.parametrize("brackets", [64, 65])
def test_nesting_that_php_drops_does_not_fit(container: Any, brackets: int) -> None:
    value: Any = "x"
    for _ in range(brackets):
        value = container(value)

    assert fits_batch({"outer": value}) is (brackets == 64)


class Marked(StrEnum):
    HARMLESS = "a"
    REPLACED = "$result[c0]"


class Listed(Enum):
    EMPTY = range(0)


def test_a_member_of_an_enumeration_is_judged_by_its_value() -> None:
    assert fits_batch({"filter": {Marked.HARMLESS: Marked.HARMLESS}})
    assert not fits_batch({"TITLE": Marked.REPLACED})
    assert not fits_batch({Marked.REPLACED: 1})
    assert not fits_batch({"list": Listed.EMPTY})


@pytest.mark.parametrize("parameters", [{}, {"id": 1}, {"text": ""}, {"yes": True}])
def test_ordinary_parameters_fit(parameters: Any) -> None:
    assert fits_batch(parameters)


# Whole parameters: what fits comes out as it went in, as text.


def as_text(value: Any) -> Any:
    """What PHP makes of a value that arrives in a query."""
    if isinstance(value, dict):
        return {str(key): as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_text(item) for item in value]
    if value is None or isinstance(value, bool):
        return "1" if value else "" if value is None else "0"
    return str(value)


anything: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec=None))
    | st.sampled_from([*NASTY, "$result[c0]", "$", "$total[x][y]"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.text(max_size=4), anything, max_size=4))
@settings(deadline=None, max_examples=100)
def test_what_fits_arrives_as_it_was_meant(parameters: dict[str, Any]) -> None:
    if not fits_batch(parameters, blanks=True):
        return
    arrived = read_command(encode_command(("crm.deal.list", parameters)))[1]

    assert folded(arrived) == folded(as_text(parameters))


def folded(value: Any) -> Any:
    """To PHP a list is an array with the keys 0, 1, 2."""
    if isinstance(value, list):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        return {str(key): folded(item) for key, item in value.items()}
    return value


# References.


@given(
    st.lists(st.from_regex(r"[A-Za-z0-9_]{1,8}", fullmatch=True) | st.integers(0, 99), max_size=4)
)
def test_a_reference_arrives_as_the_portal_reads_it(path: list[str | int]) -> None:
    ref = Ref("deal")
    for part in path:
        ref = ref[part]
    parameters = encode_references({"id": ref, "deep": [{"x": ref}]}, {"deal": "c7"})

    arrived = read_command(encode_command(("crm.contact.get", parameters)))[1]

    written = "$result[c7]" + "".join(f"[{part}]" for part in path)
    assert arrived == {"id": written, "deep": [{"x": written}]}


def test_all_references_are_found_and_replaced() -> None:
    first, second = Ref("a")["ID"], Ref(1)[0]["x"]
    parameters = {"id": first, "list": [1, (second, {"deep": first})], "text": "a", "none": None}

    assert set(references(parameters)) == {first, second}
    assert with_references(parameters, {first: 7, second: [8]}) == {
        "id": 7,
        "list": [1, [[8], {"deep": 7}]],
        "text": "a",
        "none": None,
    }


@pytest.mark.parametrize("part", ["", "a b", "a]", "a[b", "ё", -1, "1.5"])
def test_a_path_that_cannot_be_written_is_refused(part: Any) -> None:
    with pytest.raises(ValueError, match="cannot be part of a reference"):
        Ref("a")[part]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((), {"rows": [{"ID": "5"}], "map": {"0": "zero"}, "empty": None}),
        (("rows", 0, "ID"), "5"),
        (("rows", "0", "ID"), "5"),
        (("map", 0), "zero"),
    ],
)
def test_a_reference_names_what_is_there(path: tuple[str | int, ...], value: Any) -> None:
    result = {"rows": [{"ID": "5"}], "map": {"0": "zero"}, "empty": None}

    assert Ref("a", path).value_in(result) == value


@pytest.mark.parametrize(
    "path",
    [
        ("rows", 1),
        ("rows", "ID"),
        ("rows", 0, "id"),
        ("rows", 0, "ID", "x"),
        ("nothing",),
        ("empty",),
        ("empty", "x"),
    ],
)
def test_a_reference_to_nothing_is_noticed(path: tuple[str | int, ...]) -> None:
    result = {"rows": [{"ID": "5"}], "empty": None}

    with pytest.raises((LookupError, ValueError)):
        Ref("a", path).value_in(result)


# Outcomes.


def outcomes(result: Any, methods: list[str] = METHODS, *, halt: bool = False) -> Any:
    return read_outcomes(result, methods, portal=PORTAL, secrets=("access-token",), halt=halt)


def test_outcomes_keep_the_order_of_the_commands() -> None:
    found = outcomes({"result": {"c1": "second", "c0": "first"}})

    assert [outcome.result for outcome in found] == ["first", "second"]


def test_a_page_of_a_batch_has_its_total_next_and_time() -> None:
    record, page = outcomes(
        {
            "result": {"c0": {"ID": "1"}, "c1": [{"ID": "1"}]},
            "result_error": [],
            "result_total": {"c1": 120},
            "result_next": {"c1": 50},
            "result_time": {"c1": {"operating": 0.5}},
        }
    )

    assert record == Response({"ID": "1"})
    assert (page.total, page.next, page.time.operating) == (120, 50, 0.5)


def test_a_failed_command_is_an_error_of_its_method() -> None:
    error, other = outcomes(
        {
            "result": {"c1": []},
            "result_error": {"c0": {"error": "NOT_FOUND", "error_description": "gone"}},
        }
    )

    assert isinstance(error, NotFound)
    assert (error.method, error.portal, error.description) == ("crm.deal.get", PORTAL, "gone")
    assert isinstance(other, Response)


def test_an_error_of_a_command_does_not_repeat_our_secrets() -> None:
    error, _ = outcomes(
        {"result_error": {"c0": {"error": "X", "error_description": "auth=access-token"}}}
    )

    assert "access-token" not in f"{error} {error!r} {error.content}"


@pytest.mark.parametrize("content", ["out of memory", ["?"], {"message": "?"}, None])
def test_an_odd_error_of_a_command_is_still_an_error(content: Any) -> None:
    error, _ = outcomes({"result": [], "result_error": {"c0": content}})

    assert isinstance(error, RestError)


def test_a_command_that_returns_nothing_is_a_success() -> None:
    found = outcomes({"result": {"c0": None, "c1": False}})

    assert [outcome.result for outcome in found] == [None, False]


def test_a_command_that_took_time_was_run_even_if_it_returned_nothing() -> None:
    found = outcomes({"result": {"c1": 1}, "result_time": {"c0": {"duration": 1}, "c1": {}}})

    assert [outcome.result for outcome in found] == [None, 1]


@pytest.mark.parametrize("halt", [False, True])
@pytest.mark.parametrize("result", [{}, [], None, "text", {"result": []}, {"result": {"c9": 1}}])
def test_a_command_that_the_answer_does_not_name_may_have_been_run(result: Any, halt: bool) -> None:
    found = outcomes(result, halt=halt)

    assert [type(error) for error in found] == [PortalFault, PortalFault]
    assert [(error.code, error.maybe_executed) for error in found] == [("NO_OUTCOME", True)] * 2


@pytest.mark.parametrize(("halt", "kind"), [(True, NotExecuted), (False, PortalFault)])
def test_only_after_a_failure_a_halted_batch_has_not_run_the_rest(
    halt: bool, kind: type[RestError]
) -> None:
    found = outcomes(
        {"result": {"c1": 1}, "result_error": {"c2": {"error": "NOT_FOUND"}}},
        ["a", "b", "c", "d", "e"],
        halt=halt,
    )

    assert [type(outcome) for outcome in found] == [PortalFault, Response, NotFound, kind, kind]


@pytest.mark.parametrize("part", ["result", "result_error", "result_total", "result_time"])
@pytest.mark.parametrize("odd", [7, "text", None, [7], {"c0": 7}])
def test_a_part_of_an_odd_type_does_not_raise(part: str, odd: Any) -> None:
    assert len(outcomes({part: odd})) == 2


@pytest.mark.parametrize("number", ["120", 120])
def test_total_and_next_are_numbers_as_in_a_single_call(number: Any) -> None:
    _, page = outcomes({"result": {"c0": 1, "c1": []}, "result_total": {"c1": number}})

    assert page.total == 120
