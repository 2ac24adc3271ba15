"""Records out of JSON bytes: lines, or the pages of a REST answer.

Numbers keep the digits of the source, because they are never read as floating point.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from lakehouse.contracts import Contract
from lakehouse.errors import SourceSchemaError
from lakehouse.landing.read_csv import repeated
from lakehouse.landing.records import Records, Unreadable


def read_json_lines(content: bytes, source_file: str, contract: Contract) -> Records:
    """Read a file with one JSON object a line; blank lines are no records."""
    lines = [line for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n") if line.strip()]
    readable: list[Mapping[str, Any]] = []
    numbers: list[int] = []
    unreadable: list[Unreadable] = []
    for number, line in enumerate(lines, start=1):
        try:
            record = _decode(line.decode(contract.format.encoding))
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
    return _build_records(readable, numbers, unreadable, source_file, contract)


def read_json_page(content: bytes, source_file: str, contract: Contract) -> Records:
    """Read one page of a REST answer; raises SourceSchemaError when it is not such a page."""
    items = decode_page(content, source_file, contract)[contract.source.records]
    readable: list[Mapping[str, Any]] = []
    numbers: list[int] = []
    unreadable: list[Unreadable] = []
    for number, item in enumerate(items, start=1):
        if isinstance(item, dict):
            readable.append(item)
            numbers.append(number)
        else:
            unreadable.append(
                Unreadable(number, source_file, json.dumps(item), "not a JSON object")
            )
    return _build_records(readable, numbers, unreadable, source_file, contract)


def decode_page(content: bytes, source_file: str, contract: Contract) -> dict[str, Any]:
    """The page as a dictionary whose records are a list."""
    try:
        page = _decode(content.decode(contract.format.encoding))
    except ValueError as error:
        raise SourceSchemaError(contract.feed, f"{source_file} is not JSON: {error}") from error
    if not isinstance(page, dict) or not isinstance(page.get(contract.source.records), list):
        raise SourceSchemaError(
            contract.feed, f"{source_file} is not an object with a list {contract.source.records!r}"
        )
    return page


def _decode(text: str) -> Any:
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _build_records(
    readable: Sequence[Mapping[str, Any]],
    numbers: Sequence[int],
    unreadable: Sequence[Unreadable],
    source_file: str,
    contract: Contract,
) -> Records:
    paths = {column.name: tuple(column.source_path.split(".")) for column in contract.columns}
    columns = pa.table(
        {
            name: pa.array([_as_text(_descend(item, path)) for item in readable], pa.string())
            for name, path in paths.items()
        }
    )
    return Records(
        columns=columns,
        row_number=pa.chunked_array([pa.array(numbers, pa.int64())]),
        source_file=repeated(source_file, len(readable)),
        unreadable=tuple(unreadable),
        ignored=_unknown_fields(readable, {path[0] for path in paths.values()}),
    )


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
    return tuple(sorted(set().union(*(item.keys() for item in items)) - known))
