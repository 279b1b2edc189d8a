"""examples/migrating: each example runs against a fake portal and prints what it promises."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from examples.migrating.play import EXAMPLES, play

ROOT: Final = Path(__file__).parents[2]
_VARIES: Final = re.compile(r"(?<=127.0.0.1:)\d+|(?<=Call took )\S+")

PRINTED: Final = {
    "from_2bad_bitrix.crm_services": """
        New deal title
        121 deals
        double
        Roof 1001.0
        New lead title
        78 leads
        crm_status
        Hopper
        4 contacts
        date
        New company title
        3 companies
        double
    """,
    "from_2bad_bitrix.directory_services": """
        New status name
        CALL
        FAIR
        integer
        1.20
        EUR
        GBP
        double
        1
        ada@example.org
        ada@acme.test
        EMAIL
    """,
    "from_2bad_bitrix.errors": """
        Roof crm.deal.get
        good is there
        bad failed
        crm.deal.get 400 Not found
    """,
    "from_2bad_bitrix.methods": """
        Roof
        50 of 121 deals; the next page begins at 50
        51 deals after the one with the id 70
        Somebody called 50
        50 Roof
    """,
    "from_2bad_bitrix.unsupported": """
        ERROR_METHOD_NOT_FOUND
        some.new.list
    """,
    "from_2bad_bitrix.usage": """
        Roof
        120 deals, the first of them Roof
    """,
    "from_2bad_bitrix.user_fields": """
        Roof 40.5
        Roof 81.0
        40.5
    """,
    "from_b24pysdk.batches": """
        deal1: Roof
        deal2: Roof
        60 deals, the last of them 60
    """,
    "from_b24pysdk.calls": """
        31 fields
        Roof
        Updated successfully: True
        Call took N seconds
        New title
    """,
    "from_b24pysdk.configuration": """
        Roof
        Roof
    """,
    "from_b24pysdk.constants": """
        OPPORTUNITY
    """,
    "from_b24pysdk.errors": """
        crm.deal.get 400 Not found
    """,
    "from_b24pysdk.lists": """
        50 deals of one page
        120 deals in all; the next page begins at 50
        120 deals
        1 Roof
        2 Roof
    """,
    "from_b24pysdk.logs": """
        127.0.0.1:N installs the app
        renewed the tokens of 127.0.0.1:N
    """,
    "from_b24pysdk.oauth": """
        Updated successfully: True
        ('crm', 'user', 'task', 'tasks', 'department')
        New title
    """,
    "from_b24pysdk.own_model": """
        True
    """,
    "from_b24pysdk.payloads": """
        Roof
        Validation error: the sender could not be verified
    """,
    "from_b24pysdk.token_events": """
        new tokens for user 1
    """,
    "from_b24pysdk.version3": """
        Measure the roof
        Roof
    """,
}
"""What each example prints; N is a number that is another one each time."""


@pytest.mark.parametrize("name", EXAMPLES)
async def test_an_example_prints_what_it_promises(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await play(name)

    assert _VARIES.sub("N", capsys.readouterr().out) == inspect.cleandoc(PRINTED[name]) + "\n"


async def test_the_examples_leave_what_was_there_as_it_was() -> None:
    portal = await play("from_2bad_bitrix.crm_services")

    assert [len(portal.records(kind)) for kind in ("deal", "lead", "contact", "company")] == [
        *(120, 77, 3, 2)
    ]


async def test_a_change_of_an_example_arrives() -> None:
    portal = await play("from_b24pysdk.calls")

    assert portal.record("deal", 10)["TITLE"] == "New title"
    assert [call.params for call in portal.calls("crm.deal.update")] == [
        {"id": 10, "fields": {"TITLE": "New title"}}
    ]


def test_an_example_is_run_by_its_name() -> None:
    command = [sys.executable, "-m", "examples.migrating", "from_2bad_bitrix.usage"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:2] == ["--- from_2bad_bitrix.usage", "Roof"]
