"""Finding the app that ``module:app`` names."""

from __future__ import annotations

import importlib
import sys
import traceback
from pathlib import Path

from dotenv import load_dotenv

from bitrix_events.app import App
from bitrix_events.errors import BitrixEventsError


class UsageError(BitrixEventsError):
    """What was given on the command line cannot be done; the text says what to give instead."""


def prepare_environment() -> None:
    """Make modules of the current folder importable, and read its ``.env``."""
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    load_dotenv(Path(".env"))


def load_app(target: str) -> App:
    """Import ``module:attribute``.

    Raises:
        UsageError: there is no such module or attribute, or it is no `App`.
        BitrixEventsError: the module registers something impossible.
    """
    module_name, attribute = split_target(target)
    prepare_environment()
    try:
        module = importlib.import_module(module_name)
    except BitrixEventsError:
        raise
    except ModuleNotFoundError as error:
        if error.name and (module_name == error.name or module_name.startswith(f"{error.name}.")):
            raise UsageError(
                f"there is no module {error.name} here; name it as module:app, for example"
                " hello:app for hello.py in this folder"
            ) from error
        raise _broken(module_name, error) from error
    except (Exception, SystemExit) as error:
        raise _broken(module_name, error) from error
    app = getattr(module, attribute, None)
    if app is None:
        raise UsageError(f"{module_name} has no {attribute}; name the app as {module_name}:name")
    if not isinstance(app, App):
        raise UsageError(f"{target} is {type(app).__name__} and not an App")
    return app


def split_target(target: str) -> tuple[str, str]:
    """``hello:app`` or ``hello`` to ``("hello", "app")``."""
    module, _, attribute = target.partition(":")
    if not module or module.endswith(".py") or "/" in module:
        dotted = module.removesuffix(".py").strip("./").replace("/", ".") or "hello"
        raise UsageError(f"name the app as module:app, for example {dotted}:app")
    return module, attribute or "app"


def _broken(module: str, error: BaseException) -> UsageError:
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    if isinstance(error, SyntaxError):
        return UsageError(f"{error.filename}:{error.lineno}: {error.msg}")
    return UsageError(f"{module} cannot be imported: {type(error).__name__}: {error}{where}")
