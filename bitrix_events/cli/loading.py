"""Finding the app that ``module:app`` names."""

from __future__ import annotations

import importlib
import sys
import traceback
from pathlib import Path

from dotenv import load_dotenv

from bitrix_events.app import App
from bitrix_events.errors import BitrixEventsError


class AppNotFound(BitrixEventsError):
    """What was given on the command line leads to no app."""


def prepare_environment() -> None:
    """Make modules of the current folder importable, and read its ``.env``."""
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    load_dotenv(Path(".env"))


def load_app(target: str) -> App:
    """Import ``module:attribute``.

    Raises:
        AppNotFound: there is no such module or attribute, or it is no `App`.
        BitrixEventsError: the module registers something impossible.
    """
    module_name, _, attribute = target.partition(":")
    attribute = attribute or "app"
    prepare_environment()
    try:
        module = importlib.import_module(module_name)
    except BitrixEventsError:
        raise
    except ModuleNotFoundError as error:
        if error.name and (module_name == error.name or module_name.startswith(f"{error.name}.")):
            raise AppNotFound(
                f"there is no module {error.name} here; name it as module:app, for example"
                " hello:app for hello.py in this folder"
            ) from error
        raise _broken(module_name, error) from error
    except (Exception, SystemExit) as error:
        raise _broken(module_name, error) from error
    app = getattr(module, attribute, None)
    if app is None:
        raise AppNotFound(f"{module_name} has no {attribute}; name the app as {module_name}:name")
    if not isinstance(app, App):
        raise AppNotFound(f"{target} is {type(app).__name__} and not an App")
    return app


def _broken(module: str, error: BaseException) -> AppNotFound:
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    return AppNotFound(f"{module} cannot be imported: {type(error).__name__}: {error}{where}")
