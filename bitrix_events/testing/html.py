"""HTML from nested elements. Every text is escaped, unless it is HTML that was made here."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final, TypeAlias

_VOID: Final = frozenset({"input", "link", "meta"})


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Child: TypeAlias = "str | int | Iterable[Child] | None"
"""What an element may hold; None is nothing."""


def tag(name: str, /, *children: Child, **attributes: str | int | bool | None) -> Html:
    """An element.

    Args:
        attributes: ``class_`` and ``aria_label`` stand for ``class`` and ``aria-label``; True is an
            attribute without a value, False and None are no attribute.
    """
    written = "".join(
        f" {_attribute_name(key)}" + ("" if value is True else f'="{escape(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{joined(*children)}</{name}>")


def joined(*children: Child) -> Html:
    """Several pieces, one after the other."""
    return Html("".join(map(_text_of, children)))


def document(*children: Child, lang: str) -> Html:
    """A whole page."""
    return Html(f"<!DOCTYPE html>{tag('html', *children, lang=lang)}")


def _text_of(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, str | int):
        return escape(str(child))
    return joined(*child)


def _attribute_name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")
