"""The fixture `bitrix`, for tests that are no coroutines; pytest finds it by itself."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from bitrix_events.app import App
    from bitrix_events.testing import SyncAppTest

_TESTS: Final = pytest.StashKey[ExitStack]()


@pytest.fixture
def bitrix(request: pytest.FixtureRequest) -> Iterator[Callable[..., SyncAppTest]]:
    """Starts an app with a fake portal: ``test = bitrix(app)``; it ends with the test.

    Further arguments are those of `bitrix_events.testing.AppTest`. Tests that are coroutines use
    that: ``async with AppTest(app) as test:``.
    """
    with ExitStack() as tests:
        request.node.stash[_TESTS] = tests

        def start(app: App, **options: Any) -> SyncAppTest:
            # Imported when it is needed: pytest loads this module in every project of the machine.
            app_test = import_module("bitrix_events.testing").AppTest
            started: SyncAppTest = tests.enter_context(app_test(app, **options))
            return started

        yield start


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """End what the fixture has started as part of the test, so that it is the test that fails."""
    with pyfuncitem.stash.get(_TESTS, ExitStack()):
        return (yield)
