"""Application tokens match by digest, and nothing else matches."""

from __future__ import annotations

import hashlib

from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import SecretStr

from bitrix_events.wire.verify import token_digest, token_matches


@given(st.text(min_size=1))
def test_a_token_matches_its_own_digest(token: str) -> None:
    assert token_matches(SecretStr(token), token_digest(SecretStr(token)))


@given(st.text(), st.text())
def test_another_text_never_matches(token: str, other: str) -> None:
    assume(token != other)

    assert not token_matches(SecretStr(other), token_digest(SecretStr(token)))


@given(st.text(), st.binary(max_size=64))
def test_an_arbitrary_digest_never_matches(token: str, digest: bytes) -> None:
    assume(digest != hashlib.sha256(token.encode()).digest())

    assert not token_matches(SecretStr(token), digest)


@given(st.text())
def test_without_a_digest_nothing_matches(token: str) -> None:
    assert not token_matches(SecretStr(token), None)


def test_the_empty_token_matches_not_even_its_own_digest() -> None:
    assert not token_matches(SecretStr(""), token_digest(SecretStr("")))


def test_a_token_differs_in_case_and_blanks() -> None:
    digest = token_digest(SecretStr("abc"))

    assert not token_matches(SecretStr("ABC"), digest)
    assert not token_matches(SecretStr("abc "), digest)


def test_the_digest_is_sha_256_and_not_the_token() -> None:
    digest = token_digest(SecretStr("ключ"))

    assert digest == hashlib.sha256("ключ".encode()).digest()
