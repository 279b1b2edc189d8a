"""A decision's line is the one that logging would have written, and reaches whoever wants it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from bitrix_events.cli.lines import LineHandler
from bitrix_events.cli.logs import JsonFormatter, TextFormatter
from bitrix_events.decisions import log_decision

MESSAGES: Final = (
    "#7 ONCRMDEALADD deal:7 from acme.bitrix24.com: stored in 0.4 ms",
    "100 % of %s and %(name)s",
    "Сделка — 🚚",
    "a line\nand \x1b[31mcolour\x7f",
    "half a character \ud83d",
    "",
)
EXTRAS: Final[tuple[Mapping[str, object], ...]] = (
    {},
    {"action": "stored", "delivery": 7, "executions": (1, 2), "portal": "acme"},
    {"action": "stored", "delivery": None, "big": 2**70, "odd": object, "half": "\ud83d"},
)


class Records(logging.Handler):
    """Keeps what it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.got.append(record)


class Line:
    """A logger under another one, which writes lines to a text."""

    def __init__(self, formatter: logging.Formatter) -> None:
        self.text = io.StringIO()
        self.handler = LineHandler(self.text)
        self.handler.setFormatter(formatter)
        self.top = logging.Logger("top")
        self.top.addHandler(self.handler)
        self.log = logging.Logger("top.log")
        self.log.parent = self.top

    def written(self) -> str:
        text = self.text.getvalue()
        self.text.seek(0)
        self.text.truncate()
        return text


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands still: what is written at different moments can be compared."""
    monkeypatch.setattr("time.time", lambda: 1_790_000_000.5)
    monkeypatch.setattr("time.time_ns", lambda: 1_790_000_000_500_000_000)


@pytest.fixture(params=[TextFormatter, JsonFormatter])
def line(request: pytest.FixtureRequest) -> Line:
    return Line(request.param())


@pytest.fixture
def without_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever makes a record fails."""

    def emit(_: LineHandler, record: logging.LogRecord) -> None:
        raise AssertionError(record)

    monkeypatch.setattr(LineHandler, "emit", emit)


@pytest.fixture
def record_factory() -> Iterator[None]:
    """Records that say where they come from."""
    usual = logging.getLogRecordFactory()

    def make(*arguments: Any, **named: Any) -> logging.LogRecord:
        record = usual(*arguments, **named)
        record.place = "here"
        return record

    logging.setLogRecordFactory(make)
    yield
    logging.setLogRecordFactory(usual)


@pytest.mark.parametrize("extra", EXTRAS)
@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("level", [logging.INFO, logging.WARNING, logging.ERROR, 25])
def test_the_line_is_the_one_of_logging(
    line: Line, level: int, message: str, extra: Mapping[str, object]
) -> None:
    line.log.log(level, "%s", message, extra=extra)
    expected = line.written()

    log_decision(line.log, level, message, extra)

    assert line.written() == expected != ""


@pytest.mark.usefixtures("without_records")
def test_no_record_is_made_for_lines_alone(line: Line) -> None:
    log_decision(line.log, logging.INFO, "said", {})

    assert "said" in line.written()


def test_the_level_of_the_handler_counts(line: Line) -> None:
    line.handler.setLevel(logging.WARNING)

    log_decision(line.log, logging.INFO, "quiet", {})
    log_decision(line.log, logging.WARNING, "loud", {})

    assert "quiet" not in (text := line.written())
    assert "loud" in text


@pytest.mark.parametrize("place", ["log", "top"])
def test_another_handler_gets_a_whole_record_and_the_line_is_written_once(
    line: Line, place: str
) -> None:
    records = Records()
    getattr(line, place).addHandler(records)

    log_decision(line.log, logging.INFO, "100 %", {"action": "stored"})

    (record,) = records.got
    assert (record.getMessage(), vars(record)["action"]) == ("100 %", "stored")
    assert line.written().count("100 %") == 1


def test_a_logger_with_two_handlers_of_lines_writes_two(line: Line) -> None:
    line.log.addHandler(line.handler)

    log_decision(line.log, logging.INFO, "said", {})

    assert line.written().count("said") == 2


@pytest.mark.parametrize("place", ["log", "handler"])
def test_a_filter_may_hide_a_line_or_change_it(line: Line, place: str) -> None:
    def change(record: logging.LogRecord) -> bool:
        is_hidden = record.getMessage() == "hidden"
        record.msg = f"changed: {record.msg}"
        return not is_hidden

    getattr(line, place).addFilter(change)

    log_decision(line.log, logging.INFO, "hidden", {})
    assert line.written() == ""
    log_decision(line.log, logging.INFO, "shown", {})
    assert "changed: shown" in line.written()


@pytest.mark.usefixtures("record_factory")
def test_a_record_factory_is_asked() -> None:
    line = Line(JsonFormatter())

    log_decision(line.log, logging.INFO, "said", {})

    assert json.loads(line.written())["place"] == "here"


def test_a_logger_that_does_not_propagate_keeps_its_lines_to_itself(line: Line) -> None:
    line.log.propagate = False
    own = Line(TextFormatter())
    line.log.addHandler(own.handler)

    log_decision(line.log, logging.INFO, "said", {})

    assert line.written() == ""
    assert "said" in own.written()


def test_without_a_handler_the_last_resort_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    log_decision(logging.Logger("alone"), logging.ERROR, "said", {})

    assert capsys.readouterr().err == "said\n"


def test_a_formatter_of_the_users_own_is_asked() -> None:
    line = Line(logging.Formatter("%(levelname)s|%(message)s|%(portal)s"))

    log_decision(line.log, logging.INFO, "said", {"portal": "acme"})

    assert line.written() == "INFO|said|acme\n"


@pytest.mark.parametrize("method", ["handle", "callHandlers"])
def test_whoever_watches_all_loggers_sees_the_record(
    line: Line, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    usual = getattr(logging.Logger, method)

    def watched(log: logging.Logger, record: logging.LogRecord) -> None:
        seen.append(record.getMessage())
        usual(log, record)

    monkeypatch.setattr(logging.Logger, method, watched)

    log_decision(line.log, logging.ERROR, "said", {})

    assert seen == ["said"]
    assert "said" in line.written()


def test_a_logger_of_another_class_makes_its_records_itself() -> None:
    class Loud(logging.Logger):
        def makeRecord(self, *arguments: Any, **named: Any) -> logging.LogRecord:
            record = super().makeRecord(*arguments, **named)
            record.msg, record.args = record.getMessage().upper(), ()
            return record

    line = Line(TextFormatter())
    loud = Loud("loud")
    loud.addHandler(line.handler)

    log_decision(loud, logging.INFO, "said", {})

    assert line.written().endswith(" SAID\n")
