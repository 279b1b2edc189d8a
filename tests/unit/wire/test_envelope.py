"""Callbacks are read completely or refused by the name of the field; tokens stay out of sight."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitrix_events.errors import EnvelopeError
from bitrix_events.wire.envelope import (
    HIDDEN,
    domain_of,
    is_page,
    read_event,
    read_page,
    split_scope,
    without_secrets,
)
from bitrix_events.wire.form import FormDict, decode_form
from tests.corpus import Case, corpus

TOKEN: Final = "abbf20659cf573370435b453b162176c"
EVENTS: Final = [case for case in corpus() if "event" in case.expected]
PAGES: Final = [case for case in corpus() if "AUTH_ID" in case.expected]


def case_named(name: str) -> Case:
    return next(case for case in corpus() if case.id == name)


def event_form(**auth: Any) -> FormDict:
    return {"event": "ONCRMDEALADD", "auth": {"application_token": TOKEN, **auth}}


def tokens_in(value: object) -> set[str]:
    """Every token of the corpus found in nested values, whatever its name is."""
    if isinstance(value, dict):
        return set().union(*map(tokens_in, value.values()))
    if isinstance(value, list):
        return set().union(*map(tokens_in, value))
    text = str(value)
    starts = ("9049b16a", "80899e6b", TOKEN)
    return {text} if text.startswith(starts) else set()


def test_the_corpus_has_the_expected_number_of_events_and_pages() -> None:
    assert (len(EVENTS), len(PAGES)) == (56, 7)


@pytest.mark.parametrize("case", EVENTS, ids=lambda case: case.id)
def test_a_recorded_event_is_read(case: Case) -> None:
    auth = case.expected["auth"]

    envelope = read_event(decode_form(case.body))

    credentials = envelope.credentials
    assert envelope.code == case.expected["event"].upper()
    assert envelope.event_handler_id == (
        int(case.expected["event_handler_id"]) if "event_handler_id" in case.expected else None
    )
    assert envelope.sent_at == (
        datetime.fromtimestamp(int(case.expected["ts"]), UTC) if "ts" in case.expected else None
    )
    assert credentials.application_token.get_secret_value() == auth["application_token"]
    assert credentials.access_token.get_secret_value() == auth.get("access_token", "")
    assert credentials.refresh_token.get_secret_value() == auth.get("refresh_token", "")
    assert credentials.member_id == auth.get("member_id", "")
    assert credentials.user_id == (int(auth["user_id"]) if "user_id" in auth else None)
    assert credentials.scope == split_scope(auth.get("scope", ""))
    assert credentials.client_endpoint == auth.get("client_endpoint", "")
    assert credentials.server_endpoint == auth.get("server_endpoint", "")
    assert credentials.status == auth.get("status", "")
    assert credentials.expires_in == 3600


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        pytest.param("webhook_deal_add", "some-domain.bitrix24.com", id="from client_endpoint"),
        pytest.param("webhook_old_style_no_handler_id", "some-domain.bitrix24.com", id="no other"),
        pytest.param("app_install_ru_cloud", "demo-portal.bitrix24.ru", id="another zone"),
        pytest.param("app_install_onprem_port", "crm.example.org:8443", id="with a port"),
        pytest.param("app_user_ready", "some-domain.bitrix24.com", id="domain is the OAuth host"),
        pytest.param("app_settings_change", "some-domain.bitrix24.com", id="OAuth host, settings"),
    ],
)
def test_the_domain_is_that_of_the_portal(name: str, domain: str) -> None:
    envelope = read_event(decode_form(case_named(name).body))

    assert envelope.credentials.domain == domain


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("webhook_deal_add", {"FIELDS": {"ID": "7405"}}),
        ("offline_event_no_data", {}),
        ("offline_event_empty_data", {}),
        ("imconnector_line_delete_scalar", "107"),
    ],
)
def test_data_may_have_any_shape(name: str, data: object) -> None:
    assert read_event(decode_form(case_named(name).body)).data == data


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        pytest.param({}, "event is missing", id="nothing"),
        pytest.param({"event": "", "auth": {}}, "event is not an event code", id="empty event"),
        pytest.param({"event": ["A"]}, "event is a list", id="list as event"),
        pytest.param({"event": {"a": "A"}}, "event is a mapping", id="mapping as event"),
        pytest.param({"event": "drop table"}, "event is not an event code", id="odd event"),
        pytest.param({"event": "A" * 101}, "event is not an event code", id="long event"),
        pytest.param({"event": "ONX\n"}, "event is not an event code", id="line end in event"),
        pytest.param({"event": "ONX"}, "auth is missing", id="no auth"),
        pytest.param({"event": "ONX", "auth": ""}, "auth is not a mapping", id="empty auth"),
        pytest.param({"event": "ONX", "auth": ["a"]}, "auth is not a mapping", id="list as auth"),
        pytest.param(
            {"event": "ONX", "auth": {"member_id": "m"}},
            "auth[application_token] is missing",
            id="no application token",
        ),
        pytest.param(
            {"event": "ONX", "auth": {"application_token": ""}},
            "auth[application_token] is missing",
            id="empty application token",
        ),
        pytest.param({**event_form(), "ts": ["1"]}, "ts is a list", id="list as ts"),
        pytest.param(
            {**event_form(), "event_handler_id": {"a": "1"}},
            "event_handler_id is a mapping",
            id="mapping as event_handler_id",
        ),
    ],
)
def test_an_event_without_what_it_needs_is_refused(form: FormDict, problem: str) -> None:
    with pytest.raises(EnvelopeError) as refused:
        read_event(form)

    assert problem in str(refused.value)


@pytest.mark.parametrize(
    "name",
    [
        *("application_token", "member_id", "domain", "client_endpoint", "server_endpoint"),
        *("access_token", "refresh_token", "expires_in", "user_id", "scope", "status"),
    ],
)
@pytest.mark.parametrize(
    ("value", "shape"), [(["x"], "a list"), ({"x": "y"}, "a mapping"), ([], "a list")]
)
def test_a_nested_auth_field_is_refused_by_name(name: str, value: Any, shape: str) -> None:
    form = event_form(client_endpoint="https://acme.bitrix24.com/rest/")
    assert isinstance(form["auth"], dict)
    if name == "domain":
        del form["auth"]["client_endpoint"]
    form["auth"][name] = value

    with pytest.raises(EnvelopeError) as refused:
        read_event(form)

    assert f"auth[{name}] is {shape}" in str(refused.value)


@pytest.mark.parametrize(
    ("case", "what"),
    [
        ("bizproc_robot", "robot or activity"),
        ("bizproc_robot_backslash_class", "robot or activity"),
        ("sms_provider", "SMS provider"),
        ("placement_deal_tab", "/install"),
        ("install_page", "/install"),
        ("placement_old_box_http", "/install"),
        ("app_settings_save", "event is missing"),
    ],
)
def test_another_callback_is_told_what_it_is(case: str, what: str) -> None:
    with pytest.raises(EnvelopeError) as refused:
        read_event(decode_form(case_named(case).body))

    assert what in str(refused.value)


@pytest.mark.parametrize(
    ("text", "number"),
    [("", None), ("7", 7), ("0", 0), ("-7", None), ("7.0", None), ("٧", None), ("9" * 19, None)],
)
def test_an_odd_number_is_no_number(text: str, number: int | None) -> None:
    form = {**event_form(user_id=text), "event_handler_id": text}

    envelope = read_event(form)

    assert envelope.credentials.user_id == number
    assert envelope.event_handler_id == number


@pytest.mark.parametrize("text", ["", "soon", "-1", "9" * 18, "9" * 30])
def test_an_odd_time_is_no_time(text: str) -> None:
    assert read_event({**event_form(), "ts": text}).sent_at is None


@pytest.mark.parametrize(
    "name",
    [
        *("imbot_v1_message_add", "imbot_v1_command_add"),
        *("imbot_v2_message_add", "imbot_v2_command_minimal_auth", "app_user_ready"),
    ],
)
def test_no_token_is_left_in_data(name: str) -> None:
    case = case_named(name)
    assert tokens_in(case.expected["data"]), "the case shows nothing"

    envelope = read_event(decode_form(case.body))

    assert tokens_in(envelope.data) == set()


def test_what_is_no_secret_stays_in_data() -> None:
    data: Any = read_event(decode_form(case_named("imbot_v1_message_add").body)).data

    bot = data["BOT"]["567"]
    assert bot["access_token"] == HIDDEN
    assert bot["AUTH"]["refresh_token"] == HIDDEN
    assert bot["BOT_CODE"] == "helper"
    assert bot["user_id"] == "567"


@pytest.mark.parametrize(
    ("value", "hidden"),
    [
        ({"ACCESS_TOKEN": "s"}, {"ACCESS_TOKEN": HIDDEN}),
        ([{"x": [{"client_secret": "s"}]}], [{"x": [{"client_secret": HIDDEN}]}]),
        ({"refresh_token": {"a": "s"}}, {"refresh_token": HIDDEN}),
        ({"refresh_token": ["s"]}, {"refresh_token": HIDDEN}),
        ({"AUTH_ID": "s", "REFRESH_ID": "s"}, {"AUTH_ID": HIDDEN, "REFRESH_ID": HIDDEN}),
        ({"access_token": ""}, {"access_token": ""}),
        ({"token": "visible"}, {"token": "visible"}),
        ("text", "text"),
    ],
)
def test_secrets_are_hidden_by_name_at_any_depth(value: object, hidden: object) -> None:
    assert without_secrets(value) == hidden


def test_hiding_secrets_leaves_the_original_alone() -> None:
    original = {"a": {"access_token": "s"}}

    without_secrets(original)

    assert original == {"a": {"access_token": "s"}}


@pytest.mark.parametrize("case", EVENTS, ids=lambda case: case.id)
def test_an_envelope_shows_no_token(case: Case) -> None:
    envelope = read_event(decode_form(case.body))

    shown = repr(envelope) + str(envelope) + repr(envelope.credentials)

    for name in ("application_token", "access_token", "refresh_token"):
        secret = case.expected["auth"].get(name)
        assert not secret or secret not in shown


@pytest.mark.parametrize("case", PAGES, ids=lambda case: case.id)
def test_a_recorded_page_is_read(case: Case) -> None:
    page = case.expected

    credentials = read_page(decode_form(case.body), decode_form(case.query.encode()))

    assert credentials.domain == case.expected_query["DOMAIN"]
    assert credentials.member_id == page["member_id"]
    assert credentials.access_token.get_secret_value() == page["AUTH_ID"]
    assert credentials.refresh_token.get_secret_value() == page["REFRESH_ID"]
    assert credentials.application_token.get_secret_value() == page.get("APPLICATION_TOKEN", "")
    assert credentials.server_endpoint == page.get("SERVER_ENDPOINT", "")
    assert credentials.scope == split_scope(page.get("APPLICATION_SCOPE", ""))
    assert credentials.status == page["status"]
    assert credentials.expires_in == 3600
    assert credentials.client_endpoint == ""
    assert page["AUTH_ID"] not in repr(credentials)
    assert page["REFRESH_ID"] not in repr(credentials)


@pytest.mark.parametrize("case", corpus(), ids=lambda case: case.id)
def test_a_page_is_told_from_an_event(case: Case) -> None:
    assert is_page(decode_form(case.body)) == ("AUTH_ID" in case.expected)


@pytest.mark.parametrize("name", ["AUTH_ID", "REFRESH_ID", "member_id"])
@pytest.mark.parametrize("value", [None, "", ["x"], {"x": "y"}])
def test_a_page_without_what_it_needs_is_refused_by_name(name: str, value: Any) -> None:
    form: FormDict = {"AUTH_ID": "a", "REFRESH_ID": "r", "member_id": "m", name: value}
    if value is None:
        del form[name]

    with pytest.raises(EnvelopeError) as refused:
        read_page(form, {"DOMAIN": "acme.bitrix24.com"})

    assert name in str(refused.value)


@pytest.mark.parametrize("domain", ["", "a b", "user@acme.bitrix24.com", "acme.bitrix24.com/x"])
def test_a_page_with_an_odd_domain_has_none(domain: str) -> None:
    form: FormDict = {"AUTH_ID": "a", "REFRESH_ID": "r", "member_id": "m"}

    assert read_page(form, {"DOMAIN": domain}).domain == ""


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://acme.bitrix24.com/rest/", "acme.bitrix24.com"),
        ("https://acme.bitrix24.com", "acme.bitrix24.com"),
        ("https://acme.bitrix24.com?x=1", "acme.bitrix24.com"),
        ("http://crm.example.org:8080/rest/", "crm.example.org:8080"),
        ("https://acme.bitrix24.com:443/rest/", "acme.bitrix24.com"),
        ("https://acme.bitrix24.com:4430/", "acme.bitrix24.com:4430"),
        ("HTTPS://ACME.Bitrix24.COM/rest/", "acme.bitrix24.com"),
        ("https://acme.bitrix24.com#@evil.example", "acme.bitrix24.com"),
        ("https://acme.bitrix24.com/@evil.example", "acme.bitrix24.com"),
        pytest.param("https://acme.bitrix24.com@evil.example/", "", id="user name"),
        pytest.param("https://user:word@acme.bitrix24.com/", "", id="user name and password"),
        pytest.param("https://acme.bitrix24.com:x@evil.example/", "", id="host as user name"),
        pytest.param("https://acme.bitrix24.com\\@evil.example/", "", id="backslash"),
        pytest.param("https://acme.bitrix24.com\\.evil.example/", "", id="backslash in the host"),
        pytest.param("https://acme.bitrix24.com:/", "", id="empty port"),
        pytest.param("https://acme.bitrix24.com:123456/", "", id="long port"),
        pytest.param("https://acme.bitrix24.com:80:80/", "", id="two ports"),
        pytest.param("https://[::1]/rest/", "", id="IPv6"),
        pytest.param("https://[::1]:8080/rest/", "", id="IPv6 with a port"),
        pytest.param("https://a b.com/", "", id="space inside"),
        pytest.param(" https://acme.bitrix24.com/", "", id="space before"),
        pytest.param("https://acme.bitrix24.com /", "", id="space after"),
        pytest.param("https://acme.bitrix24.com\n", "", id="line end"),
        pytest.param("https://acme.bitrix24.com\n.evil.example/", "", id="line end inside"),
        pytest.param("https://пример.рф/", "", id="non-ASCII"),
        pytest.param("https:///rest/", "", id="no host"),
        pytest.param("https://", "", id="only a scheme"),
        pytest.param("", "", id="nothing"),
        pytest.param("acme.bitrix24.com", "", id="no scheme"),
        pytest.param("//acme.bitrix24.com/", "", id="no scheme but slashes"),
        pytest.param("ftp://acme.bitrix24.com/", "", id="another scheme"),
        pytest.param("javascript://acme.bitrix24.com/", "", id="a script"),
    ],
)
def test_the_domain_of_an_address(url: str, domain: str) -> None:
    assert domain_of(url) == domain


@given(st.text() | st.text(st.sampled_from("htps:/@\\[].#?ab0 \n")).map("https://".__add__))
def test_a_domain_is_plain_or_empty(url: str) -> None:
    domain = domain_of(url)

    assert domain == domain.lower()
    assert set(domain) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-:")


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ("crm,user,im", ("crm", "user", "im")),
        ("imconnector, imopenlines", ("imconnector", "imopenlines")),
        ("crm user\ttask", ("crm", "user", "task")),
        (" ,crm,, ", ("crm",)),
        ("", ()),
    ],
)
def test_a_scope_is_split_at_commas_and_blanks(scope: str, names: tuple[str, ...]) -> None:
    assert split_scope(scope) == names
