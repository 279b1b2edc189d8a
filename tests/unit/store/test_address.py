"""Addresses of PostgreSQL databases: what is shown of them, and which ones are refused."""

from __future__ import annotations

import pytest

from bitrix_events.errors import StoreError
from bitrix_events.store.postgres.address import Address


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "postgresql://app:hush@db.example.com:5432/inbox",
            "postgresql://db.example.com:5432/inbox",
        ),
        ("postgres://app:hu%40%2Fsh@[::1]/inbox?sslmode=require", "postgres://[::1]/inbox"),
        ("postgresql://app@db/inbox?password=hush&sslpassword=hush", "postgresql://db/inbox"),
        ("postgresql:///inbox?host=/run/one&password=hush", "postgresql:///inbox?host=/run/one"),
        ("postgresql://app:hush@db/inbox?search_path=two", "postgresql://db/inbox?search_path=two"),
    ],
)
def test_an_address_shows_where_the_tables_are_and_no_secret(url: str, shown: str) -> None:
    address = Address(url)

    assert str(address) == shown
    assert repr(address) == f"Address({shown})"
    assert address.database == "inbox"


def test_cells_on_one_machine_are_told_apart() -> None:
    urls = [f"postgresql:///inbox?host=/run/{name}" for name in ("one", "two")]

    assert len({str(Address(url)) for url in urls}) == 2


@pytest.mark.parametrize("password", ["hu@sh", "hu/sh", "hu#sh", "hu[sh"])
def test_a_password_that_nobody_can_tell_the_end_of_is_refused_and_not_shown(password: str) -> None:
    with pytest.raises(StoreError, match="%40") as raised:
        Address(f"postgresql://app:{password}@db/inbox")

    assert "hu" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app:hu%40%2Fsh@db/inbox",
        "postgresql://app@db/inbox?password=hu%40%2Fsh",
        "postgresql:///inbox?sslpassword=hu%40%2Fsh",
    ],
)
def test_a_password_is_taken_out_of_whatever_others_say(url: str) -> None:
    assert Address(url).without_secrets("wrong: hu@/sh") == "wrong: ***"
