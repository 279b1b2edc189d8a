"""Log lines reach standard error as long as somebody reads it, and hold nobody up if not."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bitrix_events.cli.lines import LineHandler
from bitrix_events.cli.logs import JsonFormatter, TextFormatter
from tests.serving import PATIENCE


class Pipe:
    """A pipe as standard error, and a logger that writes to it."""

    def __init__(self) -> None:
        reading, writing = os.pipe()
        self.reader = os.fdopen(reading)
        self.stream = os.fdopen(writing, "w")
        self.handler = LineHandler(self.stream)
        self.logger = logging.Logger("test")
        self.logger.addHandler(self.handler)

    def read(self, count: int) -> list[str]:
        """So many lines, waited for."""
        return [self.reader.readline().rstrip("\n") for _ in range(count)]

    def log(self, count: int, size: int) -> float:
        """Write numbered lines; how many seconds it took."""
        began = time.perf_counter()
        for number in range(count):
            self.logger.info("%s", f"{number} ".ljust(size, "."))
        return time.perf_counter() - began

    def close(self) -> None:
        self.reader.close()
        self.handler.close()
        self.stream.close()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.close()


def record(message: str = "stored", **extra: Any) -> logging.LogRecord:
    made = logging.LogRecord("bitrix_events.x", logging.INFO, __file__, 1, message, (), None)
    vars(made).update(extra)
    return made


def test_a_line_is_written_at_once(pipe: Pipe) -> None:
    pipe.logger.info("stored %s", "#1")

    assert pipe.read(1) == ["stored #1"]
    assert not _log_threads()


def test_a_reader_that_stops_holds_nobody_up_and_misses_nothing(pipe: Pipe) -> None:
    seconds = pipe.log(2_000, 100)  # three times what the pipe takes

    lines = pipe.read(2_000)

    assert seconds < PATIENCE
    assert [int(line.split()[0]) for line in lines] == list(range(2_000))
    assert _eventually_none()
    pipe.logger.info("and on")
    assert pipe.read(1) == ["and on"]


def test_what_is_too_much_to_keep_is_lost_and_counted(pipe: Pipe) -> None:
    pipe.log(60, 100_000)

    lines = pipe.read(1)
    while not lines[-1].startswith("log lines were lost"):
        lines += pipe.read(1)

    lost = int(lines[-1].rpartition(" ")[2])
    assert lost > 0
    assert len(lines) - 1 + lost == 60


def test_a_reader_that_has_gone_is_not_waited_for(pipe: Pipe) -> None:
    pipe.reader.close()

    assert pipe.log(1_000, 5_000) < PATIENCE


def test_nobody_waits_long_for_lines_that_nobody_reads_when_the_process_ends(pipe: Pipe) -> None:
    pipe.log(2_000, 100)
    began = time.perf_counter()

    pipe.handler.close()

    assert time.perf_counter() - began < PATIENCE


def test_standard_error_may_be_closed_or_no_file() -> None:
    LineHandler(None).handle(record())
    memory = io.StringIO()

    LineHandler(memory).handle(record())
    assert memory.getvalue() == "stored\n"
    memory.close()
    LineHandler(memory).handle(record())


@pytest.mark.process
@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_a_process_without_a_standard_error_works(redirection: str, tmp_path: Path) -> None:
    script = (
        "import logging, logging.config\n"
        "from bitrix_events.cli.logs import log_config\n"
        "logging.config.dictConfig(log_config('info', None))\n"
        "for n in range(100): logging.getLogger('bitrix_events').info('line %s', n)\n"
        "print('worked')\n"
    )
    (tmp_path / "script.py").write_text(script)

    done = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" script.py {redirection}'],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        timeout=180,
        check=True,
    )

    assert done.stdout == "worked\n"


def test_json_has_everything_that_was_said() -> None:
    made = record("#7 stored", action="stored", delivery=7, portal="a1", codes={"X"})
    made.created, made.msecs = 1_795_344_000.25, 250.0

    content = json.loads(JsonFormatter().format(made))

    assert content == {
        "time": "2026-11-22T10:40:00.250Z",
        "level": "info",
        "logger": "bitrix_events.x",
        "message": "#7 stored",
        "action": "stored",
        "delivery": 7,
        "portal": "a1",
        "codes": "{'X'}",
    }


def test_each_line_names_the_process_if_that_has_a_name() -> None:
    made = record("#7 stored")

    assert json.loads(JsonFormatter("worker-1").format(made))["process"] == "worker-1"
    assert TextFormatter("worker-1").format(made).split(" ", 1)[1] == "worker-1 #7 stored"
    assert TextFormatter().format(made).split(" ", 1)[1] == "#7 stored"


def test_json_takes_what_senders_put_into_it() -> None:
    odd = 'half a \ud83d, "quotes"\n\x1b[2J'

    content = json.loads(JsonFormatter().format(record(odd, number=2**70)))

    assert content["message"] == odd
    assert content["number"] == 2**70
    assert "\n" not in JsonFormatter().format(record(odd))


def test_json_has_the_traceback() -> None:
    made = record()
    try:
        raise ValueError("on purpose")
    except ValueError:
        made.exc_info = sys.exc_info()

    assert "ValueError: on purpose" in json.loads(JsonFormatter().format(made))["exception"]


def test_text_shows_controls_instead_of_obeying_them() -> None:
    line = TextFormatter().format(record("red \x1b[31m bell \x07 tab\t line\nnext"))

    assert line.endswith("red \\x1b[31m bell \\x07 tab\t line\nnext")


def _log_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "bitrix-events-log"]


def _eventually_none(seconds: float = PATIENCE) -> bool:
    for thread in _log_threads():
        thread.join(seconds)
    return not _log_threads()
