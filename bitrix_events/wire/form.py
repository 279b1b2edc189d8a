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
from functools import lru_cache
from typing import Any, Final, TypeAlias
from urllib.parse import quote_plus

from bitrix_events.errors import FormError

FormValue: TypeAlias = str | list["FormValue"] | dict[str, "FormValue"]
"""A decoded value: text, a list of values, or a mapping from text to values."""

FormDict: TypeAlias = dict[str, FormValue]

FORM_TYPE: Final = "application/x-www-form-urlencoded"
"""The content type of forms."""


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
    """Percent signs that start no escape. They stand for themselves, as in PHP."""


DEFAULT_LIMITS: Final = FormLimits()

_BACKSLASH_MARK: Final = b"\xf8"
_SEAM: Final = b"\xff\xfe"
_TO_MARKS: Final = bytes.maketrans(b"+\\", b" " + _BACKSLASH_MARK)
_FROM_MARKS: Final = bytes.maketrans(_BACKSLASH_MARK, b"\\")
_NOT_TEXT: Final = "the form holds bytes that no UTF-8 text contains"
_WINDOW_BYTES: Final = 8192
_Path: TypeAlias = tuple[str, ...]
_Shape: TypeAlias = int | list["_Shape"] | dict[str, "_Shape"]
"""A tree with the numbers of fields in the places of their values."""
_PLAIN_NAMES: Final = re.compile(rb"(?:[A-Za-z0-9_.\-\[\]&]|%5[BDbd])+\Z")
_KNOWN_FIELDS: Final = 64
_KNOWN_NAME_BYTES: Final = 2048
_KNOWN_SHAPES: Final = 256
_known_shapes: Final[dict[tuple[bytes, ...], tuple[FormLimits, _Shape]]] = {}
"""What a form of these names becomes under these limits: a portal sends few different ones."""
_INTEGER_KEY: Final = re.compile(r"(?:0|-?[1-9][0-9]{0,17})\Z")


def decode_form(body: bytes, limits: FormLimits = DEFAULT_LIMITS) -> FormDict:
    """Decode a form body into nested dicts, lists and strings, as PHP would read it.

    Keys stay strings. A mapping becomes a list only if its keys are exactly ``0..n-1`` in that
    order. When a name is repeated the last value wins. Text cut in the middle of a UTF-8 character
    gets U+FFFD there: one bad byte must not lose an event that nobody will send again.

    Raises:
        FormError: the form exceeds a limit, holds the bytes FF FE (no text does), or has a name
            that PHP's ``http_build_query`` cannot have written.

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

    key = tuple(names)
    limits_then, shape = _known_shapes.get(key, (None, None))
    if limits_then is limits:
        known: FormDict = _filled(shape, _unescape(values, limits.malformed_escapes))
        return known
    texts = _unescape(names + values, limits.malformed_escapes)
    paths = [_path_of(name) for name in texts[: len(names)]]
    form: FormDict = _build_tree(paths, texts[len(names) :], limits)
    _learn_shape(key, paths, limits)
    return form


def encode_form(form: Mapping[str, object]) -> bytes:
    """Write nested values the way PHP's ``http_build_query`` does: the inverse of `decode_form`.

    ``True`` and ``False`` become ``1`` and ``0``, numbers their decimal text; ``None`` and empty
    containers vanish.

    Source: protocol.md 1.2 ("Transport of events").
    """
    fields = "&".join(f"{_quoted_name(n)}={_quoted(text)}" for n, text in flatten(form))
    return fields.replace("~", "%7E").encode()


def _quoted(text: str) -> str:
    return text if text.isascii() and text.isalnum() else quote_plus(text)


_quoted_name: Final = lru_cache(maxsize=1024)(_quoted)  # never of values: those may be secret


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
    ``%`` is written as ``\\x``, and the ``unicode_escape`` codec does the work in one pass. Bytes
    that no UTF-8 text contains stand meanwhile for a literal backslash and for the seams between
    the parts.
    """
    if not parts:
        return []
    joined = _SEAM.join(parts)
    backslashes = joined.count(b"\\") if b"\\" in joined else 0
    if backslashes or b"+" in joined:
        joined = joined.translate(_TO_MARKS)
    if b"%" in joined:
        joined = _decode_escapes(joined.replace(b"%", b"\\x"), malformed_allowed).encode("latin-1")
    if backslashes:
        if joined.count(_BACKSLASH_MARK) != backslashes:
            raise FormError(_NOT_TEXT)
        joined = joined.translate(_FROM_MARKS)
    decoded = joined.split(_SEAM)
    if len(decoded) != len(parts):
        raise FormError(_NOT_TEXT)
    return [part.decode("utf-8", "replace") for part in decoded]


def _learn_shape(names: tuple[bytes, ...], paths: Sequence[_Path], limits: FormLimits) -> None:
    """Remember what a form of these names becomes, if they are of the common kind."""
    if not names or len(names) > _KNOWN_FIELDS:
        return
    joined = b"&".join(names)
    if len(joined) <= _KNOWN_NAME_BYTES and _PLAIN_NAMES.match(joined):
        if len(_known_shapes) >= _KNOWN_SHAPES:
            _known_shapes.clear()
        _known_shapes[names] = (limits, _build_tree(paths, range(len(paths)), limits))


def _filled(shape: Any, values: list[str]) -> Any:
    """The shape with the values in their places. It is as deep as `FormLimits.depth` allows."""
    if shape.__class__ is dict:
        return {
            key: values[item] if item.__class__ is int else _filled(item, values)
            for key, item in shape.items()
        }
    return [values[i] if i.__class__ is int else _filled(i, values) for i in shape]


def _decode_escapes(escaped: bytes, malformed_allowed: int) -> str:
    """Decode ``\\xHH``. Where no two hex digits follow, the percent sign stays, as in PHP."""
    try:
        return str(escaped, "unicode_escape")
    except UnicodeDecodeError:
        return _decode_with_malformed(escaped, malformed_allowed)


def _decode_with_malformed(escaped: bytes, allowed: int) -> str:
    """The same in windows, because each failure costs a copy of what was to be decoded."""
    view = memoryview(escaped)
    done: list[str] = []
    at = 0
    while at < len(escaped):
        end = escaped.find(b"\\x", at + _WINDOW_BYTES)
        end = len(escaped) if end < 0 else end
        try:
            done.append(str(view[at:end], "unicode_escape"))
            at = end
        except UnicodeDecodeError as malformed:
            allowed -= 1
            if allowed < 0:
                raise FormError("too many percent signs that start no escape") from None
            good_until = at + malformed.start
            done += str(view[at:good_until], "unicode_escape"), "%"
            at = good_until + len("\\x")
    return "".join(done)


def _path_of(name: str) -> _Path:
    """``data[FIELDS][ID]`` to ``("data", "FIELDS", "ID")``; ``[]`` becomes an empty text."""
    key, bracket, rest = name.partition("[")
    if not key:
        raise FormError("a field has no name")
    if not bracket:
        return (key,)
    path = rest[:-1].split("][")
    if rest[-1:] != "]" or rest.count("]") != len(path):
        raise FormError(f"the field name {_shorten(name)} has a bracket out of place")
    return (key, *path)


def _build_tree(paths: Sequence[_Path], values: Sequence[Any], limits: FormLimits) -> Any:
    """Put values where their names say, in one flat loop."""
    root: dict[str, Any] = {}
    created: list[_Made] = []
    appending = _Appending()
    brackets_left, containers_left = limits.brackets, limits.containers
    for path, value in zip(paths, values, strict=True):
        levels = len(path) - 1
        if levels == 0:
            root[path[0]] = value
            continue
        if levels > limits.depth:
            raise FormError(f"a field name has more than {limits.depth} brackets")
        brackets_left -= levels
        if brackets_left < 0:
            raise FormError(f"the form has more than {limits.brackets} brackets")
        node = root
        key = path[0]
        for next_key in path[1:]:
            child = node.get(key)
            if not isinstance(child, dict):
                containers_left -= 1
                if containers_left < 0:
                    raise FormError(f"the form has more than {limits.containers} nested values")
                child = node[key] = {}
                created.append((node, key, child))
            node = child
            if not next_key:
                key = appending.next_key(node)
            else:
                key = next_key
                if appending:
                    appending.notice(node, key)
        node[key] = value
    _fold(created)
    return root


class _Appending(dict[int, int]):
    """Where ``[]`` appends next, by the identity of those containers that it was used on."""

    def next_key(self, node: dict[str, Any]) -> str:
        """The key that ``[]`` stands for: one more than the largest integer key so far."""
        index = self.get(id(node))
        if index is None:
            index = max(map(_index_after, node), default=0)
        self[id(node)] = index + 1
        return str(index)

    def notice(self, node: dict[str, Any], key: str) -> None:
        """Go on behind a key that is written out."""
        index = self.get(id(node))
        if index is not None:
            self[id(node)] = max(index, _index_after(key))


_Made: TypeAlias = tuple[dict[str, Any], str, dict[str, Any]]
"""Where a container is, its key there, and itself."""


def _fold(created: list[_Made]) -> None:
    """Turn every mapping with keys ``0..n-1`` in order into a list, innermost first."""
    for parent, key, child in reversed(created):
        if "0" in child and parent.get(key) is child and _counts_from_zero(child):
            parent[key] = list(child.values())


def _index_after(key: str) -> int:
    """The index at which PHP appends after ``key`` (0 for negative and for other keys)."""
    return max(int(key) + 1, 0) if _INTEGER_KEY.match(key) else 0


def _counts_from_zero(node: Mapping[str, Any]) -> bool:
    return all(key == str(index) for index, key in enumerate(node))


def _shorten(name: str) -> str:
    return repr(name if len(name) <= 40 else f"{name[:40]}…")
