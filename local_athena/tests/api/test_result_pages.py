"""The text of a page of results: what JSON makes of the rows, whatever they hold."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from local_athena.protocol.paging import result_rows
from local_athena.protocol.rendering import Rendered, render
from local_athena.storage.rows import RowsWriter

VALUES = (
    st.none() | st.text() | st.sampled_from(["null", '"', "\\", '\\"', "a\nb\r", "\u2028", "[,]"])
)
ROWS = st.integers(1, 3).flatmap(
    lambda width: st.lists(st.lists(VALUES, min_size=width, max_size=width), max_size=5)
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, has_header=st.booleans(), size=st.integers(1, 4))
def test_result_rows__any_texts__are_the_datums_of_the_rows(
    tmp_path: Path, rows: list[list[str | None]], has_header: bool, size: int
) -> None:
    with RowsWriter(tmp_path, "q") as writer:
        writer.write(rows)
    header = [f"c{n}" for n in range(len(rows[0]))] if has_header and rows else None
    found: list[object] = []
    position: int | None = 0
    while position is not None:
        page, position = result_rows(tmp_path, "q", header, len(rows), position, size)
        found += json.loads(render({"Rows": page}))["Rows"]
    assert found == [
        {"Data": [{} if value is None else {"VarCharValue": value} for value in row]}
        for row in ([header] if header else []) + rows
    ]


def test_render__texts_of_parts__stand_in_their_places() -> None:
    body = {"a": Rendered(b"[1]"), "b": ["x", Rendered(b'{"c":null}')], "d": "\ud800é"}
    assert render(body) == b'{"a":[1],"b":["x",{"c":null}],"d":"' + b'\xed\xa0\x80\xc3\xa9"}'


def test_render__value_without_text__is_an_error() -> None:
    with pytest.raises(TypeError, match="set has no JSON text"):
        render({"a": {1}})
