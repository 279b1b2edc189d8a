# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.
"""Events of the scope ``log``."""

from __future__ import annotations

from typing import TypedDict

from bitrix_events.events.base import Kind, NumberedEvent


class LiveFeedPostFields(TypedDict):
    POST_ID: str


class LiveFeedPostData(TypedDict):
    FIELDS: LiveFeedPostFields


class OnLiveFeedPostAdd(NumberedEvent):
    """Id in ``FIELDS.POST_ID``."""

    scope = "log"
    kind = Kind.FACT
    entity_name = "log.blogpost"
    id_paths = ("FIELDS.POST_ID", "POST_ID")

    data: LiveFeedPostData


class OnLiveFeedPostDelete(NumberedEvent):
    """Id in ``FIELDS.POST_ID``."""

    scope = "log"
    kind = Kind.FACT
    entity_name = "log.blogpost"
    entity_is_gone = True
    id_paths = ("FIELDS.POST_ID", "POST_ID")

    data: LiveFeedPostData


class OnLiveFeedPostUpdate(NumberedEvent):
    """Id in ``FIELDS.POST_ID``."""

    scope = "log"
    kind = Kind.STATE
    entity_name = "log.blogpost"
    id_paths = ("FIELDS.POST_ID", "POST_ID")

    data: LiveFeedPostData
