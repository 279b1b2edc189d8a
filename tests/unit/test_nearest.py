"""What somebody may have meant."""

from __future__ import annotations

from bitrix_events.nearest import did_you_mean, nearest

METHODS = ("crm.deal.get", "crm.deal.list", "crm.lead.get", "profile", "Profile")


def test_the_likest_comes_first() -> None:
    assert nearest("crm.deal.gett", METHODS)[0] == "crm.deal.get"


def test_case_does_not_matter_and_the_known_spelling_is_given() -> None:
    assert nearest("CRM.DEAL.GET", METHODS, count=1) == ("crm.deal.get",)


def test_of_two_spellings_the_first_is_given() -> None:
    assert nearest("PROFILE", METHODS) == ("profile",)


def test_no_more_are_given_than_wanted() -> None:
    assert len(nearest("crm.deal.get", METHODS, count=2)) == 2


def test_what_is_not_like_the_word_is_not_given() -> None:
    assert nearest("telepathy", METHODS) == ()
    assert nearest("", METHODS) == ()


def test_the_question_names_one_or_several() -> None:
    assert did_you_mean("profil", METHODS) == "did you mean profile?"
    assert did_you_mean("crm.deal.gett", METHODS[:3]) == (
        "did you mean crm.deal.get, crm.lead.get or crm.deal.list?"
    )
    assert did_you_mean("telepathy", METHODS) == ""
