"""Records out of JSON bytes: lines, or the pages of a REST answer.

Numbers keep the digits of the source, because they are never read as floating point.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import IO, Any

import pyarrow as pa

from lakehouse.contracts import Contract
from lakehouse.errors import SourceSchemaError
from lakehouse.landing.read_csv import repeated
from lakehouse.landing.records import Records, Unreadable
from lakehouse.landing.streams import BLOCK_BYTES

NESTING = 200
"""So deep may a value be: Python's parser goes down with it, and takes the process along."""

_MOST_DIGITS = 38
_LINES_BYTES = 4 * 1024 * 1024
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|([\[{])|([\]}])')


def iter_json_lines(source: IO[bytes], source_file: str, contract: Contract) -> Iterator[Records]:
    """Read a file with one JSON object a line, some lines at a time; blank lines are no records.

    There is always a chunk.

    Raises:
        SourceSchemaError: a line has more than BLOCK_BYTES.
    """
    last = 0
    lines: list[bytes] = []
    for position, part in enumerate(_read_lines(source, source_file, contract.feed)):
        if position == 0:
            part[0] = part[0].removeprefix(b"\xef\xbb\xbf")
        lines = [line for line in part if line.strip()]
        yield _parse_lines(lines, last, source_file, contract)
        last += len(lines)


def _read_lines(source: IO[bytes], source_file: str, feed: str) -> Iterator[list[bytes]]:
    """The lines of a file, some _LINES_BYTES at a time; at least one part, of at least one line."""
    rest = b""
    while block := source.read(_LINES_BYTES):
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        if len(rest) > BLOCK_BYTES:
            raise SourceSchemaError(
                feed,
                f"{source_file} has a line of more than {BLOCK_BYTES} bytes: deliver one JSON "
                "object a line",
            )
        if lines:
            yield lines
    yield [rest]


def _parse_lines(
    lines: Sequence[bytes], before: int, source_file: str, contract: Contract
) -> Records:
    readable: list[Mapping[str, Any]] = []
    numbers: list[int] = []
    unreadable: list[Unreadable] = []
    for number, line in enumerate(lines, start=before + 1):
        try:
            record = decode_json(line.decode(contract.format.encoding))
        except UnicodeDecodeError:
            problem = f"bytes that are not {contract.format.encoding}"
        except ValueError as error:
            problem = f"not JSON: {error}"
        else:
            if isinstance(record, dict):
                readable.append(record)
                numbers.append(number)
                continue
            problem = "not a JSON object"
        text = line.decode("utf-8", errors="backslashreplace").rstrip("\r")
        unreadable.append(Unreadable(number, source_file, text, problem))
    return build_records(readable, numbers, unreadable, source_file, contract)


def iter_json_page(source: IO[bytes], source_file: str, contract: Contract) -> Iterator[Records]:
    """Read one page of a REST answer, which is one chunk."""
    yield read_json_page(source.read(), source_file, contract)


def read_json_page(content: bytes, source_file: str, contract: Contract) -> Records:
    """Read one page of a REST answer; raises SourceSchemaError when it is not such a page."""
    items = decode_page(content, source_file, contract)[contract.source.records]
    readable: list[Mapping[str, Any]] = []
    numbers: list[int] = []
    unreadable: list[Unreadable] = []
    for number, item in enumerate(items, start=1):
        problem = None if isinstance(item, dict) else "not a JSON object"
        problem = problem or _find_repeated_name(item)
        if problem is None:
            readable.append(item)
            numbers.append(number)
        else:
            unreadable.append(Unreadable(number, source_file, _show(item), problem))
    return build_records(readable, numbers, unreadable, source_file, contract)


def decode_page(content: bytes, source_file: str, contract: Contract) -> dict[str, Any]:
    """The page as a dictionary whose records are a list.

    Raises:
        SourceSchemaError: it is no such page, or names one of its fields more than once.
    """
    try:
        text = content.removeprefix(b"\xef\xbb\xbf").decode(contract.format.encoding)
        page = _decode(text, _PAGES)
    except ValueError as error:
        raise SourceSchemaError(contract.feed, f"{source_file} is not JSON: {error}") from error
    if isinstance(page, _Ambiguous):
        raise SourceSchemaError(contract.feed, f"{source_file} {page.problem}")
    if not isinstance(page, dict) or not isinstance(page.get(contract.source.records), list):
        raise SourceSchemaError(
            contract.feed, f"{source_file} is not an object with a list {contract.source.records!r}"
        )
    return page


def decode_json(text: str) -> Any:
    """A JSON value, its numbers as the texts they were, but for exponents, which are written out.

    Raises:
        ValueError: it is no JSON, is nested more than NESTING deep, or has an object that names a
            field more than once.
    """
    return _decode(text, _VALUES)


def _decode(text: str, decoder: json.JSONDecoder) -> Any:
    if _is_too_deep(text):
        raise ValueError(f"nested more than {NESTING} deep")
    return decoder.decode(text)


def _is_too_deep(text: str) -> bool:
    if text.count("[") + text.count("{") <= NESTING:
        return False
    depth = 0
    for found in _BRACKETS.finditer(text):
        depth += (found[1] is not None) - (found[2] is not None)
        if depth > NESTING:
            return True
    return False


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _write_out(number: str) -> str:
    """`1.5E1` as `15`; as it is where that would be more digits than any type has."""
    exponent = number.lower().partition("e")[2]
    if not exponent or abs(int(exponent)) > _MOST_DIGITS:
        return number
    return f"{Decimal(number):f}"


class _Ambiguous(dict[str, Any]):
    """An object that names a field more than once; as a dictionary it has the last of them."""

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs

    @property
    def problem(self) -> str:
        """What is wrong with it."""
        counts = Counter(name for name, _ in self.pairs)
        twice = ", ".join(name for name, count in counts.items() if count > 1)
        return _without_surrogates(f"names a field more than once: {twice}")


def _mark_ambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    return record if len(record) == len(pairs) else _Ambiguous(pairs)


def _refuse_ambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError(_Ambiguous(pairs).problem)
    return record


_NUMBERS: Mapping[str, Any] = {
    "parse_float": _write_out,
    "parse_int": str,
    "parse_constant": _refuse_constant,
}
_VALUES = json.JSONDecoder(object_pairs_hook=_refuse_ambiguous, **_NUMBERS)
_PAGES = json.JSONDecoder(object_pairs_hook=_mark_ambiguous, **_NUMBERS)


def _find_repeated_name(value: Any) -> str | None:
    """What is wrong with an object, or with one in it, that names a field more than once."""
    if isinstance(value, _Ambiguous):
        return value.problem
    within = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = (_find_repeated_name(each) for each in within if isinstance(each, dict | list))
    return next((problem for problem in found if problem), None)


def _show(value: Any) -> str:
    """A value as JSON, with each of the fields that it names more than once."""
    if isinstance(value, _Ambiguous):
        members = (f"{json.dumps(name)}: {_show(each)}" for name, each in value.pairs)
        return f"{{{', '.join(members)}}}"
    return json.dumps(value)


def build_records(
    readable: Sequence[Mapping[str, Any]],
    numbers: Sequence[int],
    unreadable: Sequence[Unreadable],
    source_file: str,
    contract: Contract,
) -> Records:
    """The values that could be read, each with its row number, as the contract's columns of texts;
    and those that could not."""
    paths = {column.name: tuple(column.source_path.split(".")) for column in contract.delivered}
    columns = pa.table({name: _build_column(readable, path) for name, path in paths.items()})
    return Records(
        columns=columns,
        row_number=pa.chunked_array([pa.array(numbers, pa.int64())]),
        source_file=repeated(source_file, len(readable)),
        unreadable=tuple(unreadable),
        ignored=_unknown_fields(readable, {path[0] for path in paths.values()}),
    )


def _build_column(items: Sequence[Mapping[str, Any]], path: tuple[str, ...]) -> Any:
    if len(path) == 1:
        values = [item.get(path[0]) for item in items]
    else:
        values = [_descend(item, path) for item in items]
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return pa.array([_as_text(value) for value in values], pa.string())


def _descend(item: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if not isinstance(item, dict):
            return None
        item = item.get(key)
    return item


def _as_text(value: Any) -> str | None:
    """Texts as they are, numbers by their digits, true and false, nested values as JSON."""
    if value is None or isinstance(value, str):
        # A lone surrogate (`"\\ud800"`) is valid JSON and no text: show it as an escape.
        return value if value is None or value.isascii() else _without_surrogates(value)
    return json.dumps(value, ensure_ascii=False)


def _without_surrogates(value: str) -> str:
    return value.encode("utf-8", errors="backslashreplace").decode("utf-8")


def _unknown_fields(items: Iterable[Mapping[str, Any]], known: set[str]) -> tuple[str, ...]:
    names = set().union(*items) - known
    return tuple(sorted({_without_surrogates(name) for name in names}))
