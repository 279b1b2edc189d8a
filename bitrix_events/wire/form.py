"""Bytes of a PHP-style form to nested values, and back.

Bitrix24 sends ``data[FIELDS][ID]=7`` as PHP's ``http_build_query`` writes it. Decoding is one
linear pass with limits, no recursion, and no guessing of types: every leaf is a string. Nothing
here knows what an event is.

Source: protocol.md 1.2 and 11.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import quote_plus

from bitrix_events.errors import FormError

FormValue: TypeAlias = str | list["FormValue"] | dict[str, "FormValue"]
"""A decoded value: text, a list of values, or a mapping from text to values."""

FormDict: TypeAlias = dict[str, FormValue]


@dataclass(frozen=True, slots=True)
class FormLimits:
    """What a form may cost. A form over one limit is refused as a whole, never cut short."""

    body_bytes: int = 256 * 1024
    fields: int = 1000
    """Fields in the body; PHP's own default (``max_input_vars``)."""
    key_bytes: int = 1024
    """Length of one field name on the wire, brackets and escapes included."""
    depth: int = 16
    """Brackets in one field name."""
    brackets: int = 6000
    """Brackets in all field names together."""
    containers: int = 2000
    """Lists and mappings in the whole form."""
    malformed_escapes: int = 100
    """Percent signs that start no escape and stand for themselves, as in PHP; and as many bytes
    that no text contains."""


DEFAULT_LIMITS: Final = FormLimits()

_BACKSLASH_MARK: Final = b"\xfe"
_SEAM: Final = b"\xff"
_TO_MARKS: Final = bytes.maketrans(b"+\\", b" " + _BACKSLASH_MARK)
_FROM_MARKS: Final = bytes.maketrans(_BACKSLASH_MARK, b"\\")
_MARKS: Final = re.compile(rb"[\xfe\xff]|%[Ff][EeFf]")
_REPLACEMENT: Final = b"%EF%BF%BD"
_INTEGER_KEY: Final = re.compile(r"(?:0|-?[1-9][0-9]{0,17})\Z")


def decode_form(body: bytes, limits: FormLimits = DEFAULT_LIMITS) -> FormDict:
    """Decode a form body into nested dicts, lists and strings, as PHP would read it.

    Keys stay strings. A mapping becomes a list only if its keys are exactly ``0..n-1`` in that
    order. When a name is repeated the last value wins. Bytes that are not UTF-8, such as text cut
    in the middle of a character, become U+FFFD: one bad byte must not lose an event that nobody
    will send again.

    Raises:
        FormError: the form exceeds a limit, is not text, or has a name that PHP's
            ``http_build_query`` cannot have written.

    Source: protocol.md 11 (behaviour compared with PHP's ``parse_str``).
    """
    if len(body) > limits.body_bytes:
        raise FormError(f"the form has {len(body)} bytes; the limit is {limits.body_bytes}")
    if body.count(b"&") >= limits.fields:
        raise FormError(f"the form has more than {limits.fields} fields")

    names: list[bytes] = []
    values: list[bytes] = []
    for field in body.split(b"&"):
        if not field:
            continue
        name, _, value = field.partition(b"=")
        if len(name) > limits.key_bytes:
            raise FormError(f"a field name has {len(name)} bytes; the limit is {limits.key_bytes}")
        names.append(name)
        values.append(value)

    texts = _unescape(names + values, limits.malformed_escapes)
    tree = _Tree(limits)
    for name_text, value_text in zip(texts, texts[len(names) :], strict=False):
        tree.put(name_text, value_text)
    return tree.folded()


def encode_form(form: Mapping[str, object]) -> bytes:
    """Write nested values the way PHP's ``http_build_query`` does: the inverse of `decode_form`.

    ``True`` and ``False`` become ``1`` and ``0``, numbers their decimal text; ``None`` and empty
    containers vanish.

    Source: protocol.md 1.2 ("Transport of events").
    """
    return "&".join(f"{quote_plus(n)}={quote_plus(text)}" for n, text in flatten(form)).encode()


def flatten(form: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield ``(bracketed name, text)`` for every leaf of nested values, depth first, in order."""
    open_containers = [_named(form.items(), "")]
    while open_containers:
        for name, value in open_containers[-1]:
            if value is None:
                continue
            if isinstance(value, Mapping):
                open_containers.append(_named(value.items(), name))
                break
            if isinstance(value, Sequence) and not isinstance(value, str):
                open_containers.append(_named(enumerate(value), name))
                break
            yield name, _leaf_text(value)
        else:
            open_containers.pop()


def _named(items: Iterable[tuple[object, object]], outer: str) -> Iterator[tuple[str, object]]:
    for key, item in items:
        yield f"{outer}[{key}]" if outer else str(key), item


def _leaf_text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


def _unescape(parts: list[bytes], malformed_allowed: int) -> list[str]:
    """Decode ``+`` and ``%XX`` in all parts at once, at the speed of the C codecs.

    A loop over escapes in Python needs 20 ms for 256 KiB of them. So the parts are joined, each
    ``%`` is written as ``\\x``, and the ``unicode_escape`` codec does the work in one pass. The
    bytes FE and FF, which no UTF-8 text contains, stand meanwhile for a literal backslash and for
    the seams between the parts.
    """
    if not parts:
        return []
    joined = _SEAM.join(parts)
    backslashes = joined.count(b"\\") if b"\\" in joined else 0
    if backslashes or b"+" in joined:
        joined = joined.translate(_TO_MARKS)
    if b"%" in joined:
        joined = _decode_escapes(joined.replace(b"%", b"\\x"), malformed_allowed).encode("latin-1")
    decoded = joined.split(_SEAM)
    if len(decoded) != len(parts) or (backslashes and joined.count(_BACKSLASH_MARK) != backslashes):
        return _unescape(_without_marks(parts, malformed_allowed), malformed_allowed)
    if backslashes:
        decoded = joined.translate(_FROM_MARKS).split(_SEAM)
    return [part.decode("utf-8", "replace") for part in decoded]


def _without_marks(parts: list[bytes], allowed: int) -> list[bytes]:
    """The parts with U+FFFD for each byte that is no text and would be taken for a mark."""
    replaced, found = _MARKS.subn(_REPLACEMENT, b"&".join(parts), count=allowed + 1)
    if found > allowed:
        raise FormError("the form holds many bytes that no UTF-8 text contains")
    return replaced.split(b"&")


def _decode_escapes(escaped: bytes, malformed_allowed: int) -> str:
    """Decode ``\\xHH``. Where no two hex digits follow, the percent sign stays, as in PHP."""
    view = memoryview(escaped)
    done: list[str] = []
    at = 0
    while True:
        try:
            done.append(str(view[at:], "unicode_escape"))
        except UnicodeDecodeError as malformed:
            if len(done) >= 2 * malformed_allowed:
                raise FormError("too many percent signs that start no escape") from None
            good_until = at + malformed.start
            done += str(view[at:good_until], "unicode_escape"), "%"
            at = good_until + len("\\x")
        else:
            return "".join(done)


class _Tree:
    """A form while it is read: dicts only, and what it takes to append and to fold into lists."""

    def __init__(self, limits: FormLimits) -> None:
        self._limits = limits
        self._brackets_left = limits.brackets
        self._root: FormDict = {}
        self._created: list[tuple[FormDict, str, FormDict]] = []
        self._next_index: dict[int, int] = {}

    def put(self, name: str, value: str) -> None:
        key, bracket, rest = name.partition("[")
        if not key:
            raise FormError("a field has no name")
        node = self._root
        if bracket:
            for next_key in self._split_path(name, rest):
                child = node.get(key)
                node = child if isinstance(child, dict) else self._create(node, key)
                if not next_key:
                    key = self._append_key(node)
                else:
                    key = next_key
                    if self._next_index:
                        self._notice(node, key)
        node[key] = value

    def _split_path(self, name: str, rest: str) -> list[str]:
        """``b][][c]``, what follows the first bracket, to ``["b", "", "c"]``."""
        path = rest[:-1].split("][")
        if rest[-1:] != "]" or rest.count("]") != len(path):
            raise FormError(f"the field name {_shorten(name)} has a bracket out of place")
        if len(path) > self._limits.depth:
            raise FormError(f"a field name has more than {self._limits.depth} brackets")
        self._brackets_left -= len(path)
        if self._brackets_left < 0:
            raise FormError(f"the form has more than {self._limits.brackets} brackets")
        return path

    def _create(self, parent: FormDict, key: str) -> FormDict:
        if len(self._created) >= self._limits.containers:
            raise FormError(f"the form has more than {self._limits.containers} nested values")
        child: FormDict = {}
        parent[key] = child
        self._created.append((parent, key, child))
        return child

    def _append_key(self, node: FormDict) -> str:
        """The key that ``[]`` stands for: one more than the largest integer key so far."""
        index = self._next_index.get(id(node))
        if index is None:
            index = max(map(_index_after, node), default=0)
        self._next_index[id(node)] = index + 1
        return str(index)

    def _notice(self, node: FormDict, key: str) -> None:
        """Keep the append position of ``node`` right when a key is written out."""
        index = self._next_index.get(id(node))
        if index is not None:
            self._next_index[id(node)] = max(index, _index_after(key))

    def folded(self) -> FormDict:
        """Turn every mapping with keys ``0..n-1`` in order into a list, innermost first."""
        for parent, key, child in reversed(self._created):
            if "0" in child and parent.get(key) is child and _counts_from_zero(child):
                parent[key] = list(child.values())
        return self._root


def _index_after(key: str) -> int:
    """The index at which PHP appends after ``key`` (0 for negative and for other keys)."""
    return max(int(key) + 1, 0) if _INTEGER_KEY.match(key) else 0


def _counts_from_zero(node: FormDict) -> bool:
    return all(key == str(index) for index, key in enumerate(node))


def _shorten(name: str) -> str:
    return repr(name if len(name) <= 40 else f"{name[:40]}…")
