"""What apps have left with the portal: options, placements, robots and bots. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Placement:
    """A place in the portal's pages that shows a page of an app."""

    client_id: str
    placement: str
    handler: str
    user_id: int = 0
    """Whom it is shown to; 0 is everybody."""
    title: str = field(default="", compare=False)
    description: str = field(default="", compare=False)
    options: dict[str, Any] = field(default_factory=dict, compare=False)
    lang_all: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Bot:
    """A chat bot, which is a user of the portal too."""

    client_id: str
    id: int
    code: str
    name: str
    handler: str


@dataclass(slots=True)
class Registrations:
    """All registrations of a portal. The first part of each key is the client id of the app."""

    options: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    """By app and user; user 0 has the options of the app itself."""
    placements: list[Placement] = field(default_factory=list)
    robots: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    """Fields by app, ``robot`` or ``activity``, and code."""
    bots: list[Bot] = field(default_factory=list)
    last_notification_id: int = 0

    def forget_robots(self, client_id: str) -> None:
        """An update of an app removes its robots and activities."""
        for key in [known for known in self.robots if known[0] == client_id]:
            del self.robots[key]

    def forget(self, client_id: str, *, clean: bool) -> None:
        """An app goes; its options go along only if its data is to be deleted."""
        self.forget_robots(client_id)
        if clean:
            for key in [known for known in self.options if known[0] == client_id]:
                del self.options[key]
        self.placements = [known for known in self.placements if known.client_id != client_id]
        self.bots = [known for known in self.bots if known.client_id != client_id]
