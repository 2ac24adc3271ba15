"""The rows file, also one written by another tool without an index."""

import json
from pathlib import Path

import pytest
from local_athena.storage.rows import RowsWriter, index_path, read_rows, rows_path

ROWS = [[str(number), None, "line\nbreak 'é\""] for number in range(2500)]


@pytest.fixture(params=["with index", "without index"])
def results(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "with index":
        with RowsWriter(tmp_path, "q") as writer:
            writer.write(ROWS[:7])
            writer.write(ROWS[7:])
        assert index_path(tmp_path, "q").exists()
    else:
        rows_path(tmp_path, "q").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return tmp_path


@pytest.mark.parametrize(("start", "count"), [(0, 3), (999, 2), (1000, 1000), (2499, 9), (2500, 5)])
def test_read_rows__any_position__gives_those_rows(results: Path, start: int, count: int) -> None:
    assert read_rows(results, "q", start, count) == ROWS[start : start + count]


def test_read_rows__no_file__is_empty(tmp_path: Path) -> None:
    assert read_rows(tmp_path, "none", 0, 10) == []
