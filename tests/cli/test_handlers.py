"""What ``bitrix-events handlers`` says about the outgoing webhook of a portal."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Command

APP = """
from bitrix_events import App, Event
from bitrix_events.events import OnAppInstall, OnCrmDynamicItemAdd, OnImConnectorMessageAdd

app = App()


@app.on(OnAppInstall, OnImConnectorMessageAdd, OnCrmDynamicItemAdd, "ONCRMDYNAMICITEMADD_147")
async def handle(event: Event) -> None: ...
"""


FILTERS = """
from bitrix_events import App
from bitrix_events.events import OnCrmDealUpdate

app = App()


@app.on(
    OnCrmDealUpdate,
    where=lambda deal: True,
    changed={"stage_id": ("NEW", "WON")},
    portals=["acme.bitrix24.com"],
)
async def won() -> None: ...
"""


def test_filters_are_told(command: Command, tmp_path: Path) -> None:
    (tmp_path / "filters.py").write_text(FILTERS)

    result = command("handlers", "filters:app", folder=tmp_path)

    told = "portals acme.bitrix24.com; changed stage_id from NEW to WON; where"
    assert told in " ".join(result.stdout.split())


def test_what_webhooks_cannot_send_is_told_apart(command: Command, tmp_path: Path) -> None:
    (tmp_path / "items.py").write_text(APP)

    result = command("handlers", "items:app", folder=tmp_path)

    assert result.returncode == 0, result.stderr
    *_, tick, others = result.stdout.splitlines()
    assert tick == "Tick these events in the outgoing webhook: ONCRMDYNAMICITEMADD"
    assert others == "Outgoing webhooks cannot send these: ONAPPINSTALL, ONIMCONNECTORMESSAGEADD"
