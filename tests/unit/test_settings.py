"""Options come from where they should, and what is wrong is said in one line with its variable."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import SecretStr, ValidationError

from bitrix_events import Settings, SettingsError

WEBHOOK: Final = "https://acme.bitrix24.com/rest/1/webhook-word/"
KEY: Final = "key-word-" * 4


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith("BITRIX_EVENTS_"):
            monkeypatch.delenv(name)


def set_variables(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"BITRIX_EVENTS_{name}", value)


def refusal(**options: Any) -> str:
    with pytest.raises(SettingsError) as refused:
        Settings.load(**options)
    assert "\n" not in str(refused.value)
    assert "word" not in str(refused.value), "a secret is shown"
    return str(refused.value)


def test_a_portal_with_webhooks_needs_two_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, WEBHOOK_URL=WEBHOOK, APPLICATION_TOKEN="t")

    settings = Settings.load()

    assert settings.webhook_url == SecretStr(WEBHOOK)
    assert settings.application_token == SecretStr("t")
    assert not settings.is_app


def test_an_app_needs_three_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, CLIENT_ID="local.1", CLIENT_SECRET="s", SECRET_KEY=KEY)

    settings = Settings.load()

    assert settings.client_id == "local.1"
    assert settings.is_app


def test_the_defaults() -> None:
    settings = Settings.load(complete=False)

    assert settings.store_name == "sqlite:///data/bitrix_events.db"
    assert settings.body_limit == 256 * 1024
    assert settings.oauth_urls == ("https://oauth.bitrix.info", "https://oauth.bitrix24.tech")
    assert settings.allowed_hosts == ()
    assert settings.log_format is None
    assert settings.webhook_url is None


def test_values_are_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, WORKERS="3", SHUTDOWN_SECONDS="2.5", LOG_FORMAT="json")

    settings = Settings.load(complete=False)

    assert (settings.workers, settings.shutdown_seconds) == (3, 2.5)
    assert settings.log_format == "json"


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, WORKERS="", CLIENT_ID="", STORE="", LOG_FORMAT="")

    settings = Settings.load(complete=False)

    assert settings.workers == 128
    assert settings.client_id is None
    assert settings.store_name == "sqlite:///data/bitrix_events.db"


def test_a_secret_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    (tmp_path / "hosts").write_text("a.example, b.example\n")
    set_variables(
        monkeypatch,
        SECRET_KEY_FILE=str(tmp_path / "key"),
        ALLOWED_HOSTS_FILE=str(tmp_path / "hosts"),
    )

    settings = Settings.load(complete=False)

    assert settings.secret_key == SecretStr(KEY)
    assert settings.allowed_hosts == ("a.example", "b.example")


def test_argument_beats_environment_beats_file_beats_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "store").write_text("sqlite:///of-the-file")

    of_default = Settings.load(complete=False).store_name
    set_variables(monkeypatch, STORE_FILE=str(tmp_path / "store"))
    of_file = Settings.load(complete=False).store_name
    set_variables(monkeypatch, STORE="sqlite:///of-the-environment")
    of_environment = Settings.load(complete=False).store_name
    of_argument = Settings.load(complete=False, store="sqlite:///of-the-argument").store_name

    assert of_default == "sqlite:///data/bitrix_events.db"
    assert of_file == "sqlite:///of-the-file"
    assert of_environment == "sqlite:///of-the-environment"
    assert of_argument == "sqlite:///of-the-argument"


def test_an_empty_variable_does_not_hide_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "id").write_text("local.1")
    set_variables(monkeypatch, CLIENT_ID="", CLIENT_ID_FILE=str(tmp_path / "id"))

    assert Settings.load(complete=False).client_id == "local.1"


def test_a_file_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    set_variables(monkeypatch, SECRET_KEY_FILE=str(tmp_path / "missing"))

    assert refusal().startswith("BITRIX_EVENTS_SECRET_KEY_FILE: cannot read ")


def test_a_file_that_is_no_text_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe" * 32)
    set_variables(monkeypatch, SECRET_KEY_FILE=str(tmp_path / "key"))

    assert refusal().startswith("BITRIX_EVENTS_SECRET_KEY_FILE")


@pytest.mark.parametrize(
    ("given", "named", "not_named"),
    [
        pytest.param(
            {},
            ["WEBHOOK_URL", "APPLICATION_TOKEN", "CLIENT_ID", "CLIENT_SECRET", "SECRET_KEY"],
            [],
            id="nothing",
        ),
        pytest.param({"SECRET_KEY": KEY}, ["WEBHOOK_URL", "CLIENT_ID"], [], id="only a key"),
        pytest.param(
            {"WEBHOOK_URL": WEBHOOK}, ["APPLICATION_TOKEN"], ["CLIENT_ID"], id="only the webhook"
        ),
        pytest.param(
            {"APPLICATION_TOKEN": "t-word"}, ["WEBHOOK_URL"], ["CLIENT_ID"], id="only the token"
        ),
        pytest.param(
            {"CLIENT_ID": "local.1"},
            ["CLIENT_SECRET", "SECRET_KEY"],
            ["WEBHOOK_URL"],
            id="only the client id",
        ),
        pytest.param(
            {"CLIENT_SECRET": "s-word"},
            ["CLIENT_ID", "SECRET_KEY"],
            ["WEBHOOK_URL"],
            id="only the client secret",
        ),
        pytest.param(
            {"CLIENT_ID": "local.1", "CLIENT_SECRET": "s-word"},
            ["SECRET_KEY", "python -c"],
            ["CLIENT_SECRET"],
            id="an app without a key",
        ),
        pytest.param(
            {"CLIENT_ID": "local.1", "SECRET_KEY": KEY},
            ["CLIENT_SECRET"],
            ["SECRET_KEY"],
            id="an app without its secret",
        ),
        pytest.param(
            {"WEBHOOK_URL": WEBHOOK, "CLIENT_ID": "local.1"},
            ["WEBHOOK_URL", "CLIENT_ID", "set together"],
            ["APPLICATION_TOKEN"],
            id="webhook and app",
        ),
        pytest.param(
            {"APPLICATION_TOKEN": "t-word", "CLIENT_SECRET": "s-word"},
            ["APPLICATION_TOKEN", "CLIENT_SECRET", "set together"],
            ["WEBHOOK_URL"],
            id="the other halves of both",
        ),
    ],
)
def test_what_is_missing_or_contradicts_is_named(
    given: dict[str, str], named: list[str], not_named: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_variables(monkeypatch, **given)

    message = refusal()

    for name in named:
        assert (f"BITRIX_EVENTS_{name}" if name.isupper() else name) in message
    for name in not_named:
        assert f"BITRIX_EVENTS_{name}" not in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WORKERS", "0"),
        ("WORKERS", "many"),
        ("PORTAL_CONCURRENCY", "0"),
        ("SYNC_THREADS", "-1"),
        ("OFFLINE_POLL_SECONDS", "0"),
        ("SHUTDOWN_SECONDS", "-0.1"),
        ("BODY_LIMIT", "1023"),
        ("LOG_FORMAT", "xml"),
        ("SECRET_KEY", "short-word"),
        ("OAUTH_URLS", " , "),
    ],
)
def test_a_malformed_value_is_refused_by_its_variable(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_variables(monkeypatch, **{name: value})

    assert refusal(complete=False).startswith(f"BITRIX_EVENTS_{name}: ")


@pytest.mark.parametrize(("length", "is_enough"), [(31, False), (32, True)])
def test_a_secret_key_has_32_characters(
    length: int, is_enough: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = (KEY + KEY)[:length]
    set_variables(monkeypatch, SECRET_KEY=key)

    if is_enough:
        assert Settings.load(complete=False).secret_key == SecretStr(key)
    else:
        assert refusal(complete=False) == (
            "BITRIX_EVENTS_SECRET_KEY: it has to have at least 32 characters"
        )


def test_an_unknown_option_is_refused() -> None:
    assert refusal(complete=False, colour="red").startswith("BITRIX_EVENTS_COLOUR: ")


def test_foreign_variables_disturb_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, COLOUR="red")
    monkeypatch.setenv("WORKERS", "99")

    assert Settings.load(complete=False).workers == 128


def test_no_secret_is_shown() -> None:
    settings = Settings.load(
        complete=False,
        webhook_url=WEBHOOK,
        application_token="token-word",
        client_secret="client-word",
        secret_key=KEY,
    )

    assert "word" not in repr(settings)
    assert "word" not in str(settings)
    assert "word" not in str(settings.model_dump())
    assert "word" not in settings.model_dump_json()


def test_settings_do_not_change() -> None:
    settings = Settings.load(complete=False)

    with pytest.raises(ValidationError):
        settings.workers = 1


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("crm.example.org:8080", ("crm.example.org:8080",)),
        ("a.example,b.example", ("a.example", "b.example")),
        (" a.example , ,b.example, ", ("a.example", "b.example")),
        (" , ", ()),
    ],
)
def test_lists_are_separated_by_commas(
    text: str, hosts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_variables(monkeypatch, ALLOWED_HOSTS=text)

    assert Settings.load(complete=False).allowed_hosts == hosts


def test_lists_may_be_given_as_lists() -> None:
    settings = Settings.load(complete=False, allowed_hosts=["a.example"])

    assert settings.allowed_hosts == ("a.example",)


def test_oauth_servers_have_no_slash_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, OAUTH_URLS="https://one.example/, https://two.example")

    assert Settings.load(complete=False).oauth_urls == (
        "https://one.example",
        "https://two.example",
    )


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("Portal.Corp.local", "portal.corp.local"),
        ("http://box.lan:8080/", "box.lan:8080"),
        ("https://box.lan:443/rest/", "box.lan"),
        ("box.lan:80", "box.lan"),
    ],
)
def test_allowed_hosts_are_understood_as_people_copy_them(written: str, host: str) -> None:
    assert Settings(allowed_hosts=written).allowed_hosts == (host,)  # type: ignore[arg-type]


def test_deliveries_are_kept_for_two_weeks_or_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.load(complete=False).retention_days == 14

    set_variables(monkeypatch, RETENTION_DAYS="0")
    assert Settings.load(complete=False).retention_days == 0

    set_variables(monkeypatch, RETENTION_DAYS="-1")
    with pytest.raises(SettingsError, match="BITRIX_EVENTS_RETENTION_DAYS"):
        Settings.load(complete=False)


def test_an_admin_token_is_hard_to_guess_and_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, ADMIN_TOKEN="0123456789abcdef")
    assert "0123456789abcdef" not in repr(Settings.load(complete=False))

    set_variables(monkeypatch, ADMIN_TOKEN="0123456789abcde")
    with pytest.raises(SettingsError, match=r"ADMIN_TOKEN: it has to have at least 16 characters"):
        Settings.load(complete=False)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app:hush-hush@db.example.com:5432/inbox",
        "postgres://app:hush-hush@db.example.com:5432/inbox?pgbouncer=true",
        "postgresql://app@db.example.com:5432/inbox?password=hush-hush",
    ],
)
def test_the_password_of_a_database_is_shown_nowhere(url: str) -> None:
    settings = Settings.load(complete=False, store=url)

    assert settings.is_shared
    assert settings.store_name.endswith("://app@db.example.com:5432/inbox")
    for shown in (repr(settings), str(settings), settings.store_name, settings.model_dump_json()):
        assert "hush" not in shown
    assert settings.store.get_secret_value() == url


@pytest.mark.parametrize(
    "url",
    [
        "mysql://app:hush-hush@db/inbox",
        "sqlite://app.db",
        "sqlite:///",
        "postgresql://app:hush-hush@db",
        "postgresql:///",
        "postgresql://app:hush@hush@db/inbox",
        "postgresql://app:hush/hush@db/inbox",
        "postgresql://app:hush#hush@db/inbox",
        "postgresql://app:hush,hush@db/inbox",
        "postgresql://app:hush[hush@db/inbox",
        "postgresql://db:port/hush",
        "hush-hush",
    ],
)
def test_an_address_of_no_store_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^BITRIX_EVENTS_STORE: .*sqlite:///data") as raised:
        Settings.load(complete=False, store=url)

    assert "hush" not in str(raised.value)


def test_a_store_may_consist_of_several_databases() -> None:
    urls = ["postgresql://a:hush-hush@one/inbox", "postgres://b:hush-hush@two/inbox"]

    settings = Settings.load(complete=False, store=", ".join(urls))

    assert settings.store_urls == urls
    assert settings.store_name == "postgresql://a@one/inbox, postgres://b@two/inbox"
    for wrong in ([urls[0], urls[0]], [urls[0], "sqlite:///data/app.db"], [urls[0], ""]):
        with pytest.raises(SettingsError, match="BITRIX_EVENTS_STORE"):
            Settings.load(complete=False, store=",".join(wrong))


def test_a_file_on_this_machine_serves_one_process() -> None:
    assert not Settings.load(complete=False).is_shared
    assert Settings.load(complete=False, store="postgresql:///inbox").is_shared
    with pytest.raises(SettingsError, match="BITRIX_EVENTS_ROLE"):
        Settings.load(complete=False, role="cook")
    with pytest.raises(SettingsError, match="BITRIX_EVENTS_PROCESS_NAME"):
        Settings.load(complete=False, process_name="two words")
