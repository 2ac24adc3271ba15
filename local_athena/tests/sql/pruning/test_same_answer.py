"""Law: reading only what is needed never changes an answer, whatever the query."""

from __future__ import annotations

import pytest
from local_athena.sql.errors import SqlError

from .conftest import Answers
from .maker import SHAPES, Maker

# What some rows may fail with: an error of data, or a shape that a draw makes senseless.
_ACCEPTED = (
    "INVALID_CAST_ARGUMENT",
    "NUMERIC_VALUE_OUT_OF_RANGE",
    "INVALID_FUNCTION_ARGUMENT",
    "COLUMN_NOT_FOUND",
    "AMBIGUOUS_NAME",
)


def test_shapes__all__are_many() -> None:
    assert len(SHAPES) >= 35


@pytest.mark.parametrize("chunk", range(4))
def test_plan_scans__random_query__keeps_the_answer(answers: Answers, chunk: int) -> None:
    ran = there = read = 0
    refused: list[str] = []
    for seed in range(chunk * 40, chunk * 40 + 40):
        maker = Maker(seed)
        tables = {name: maker.rows() for name in ("t", "u", "v")}
        query = maker.query()
        try:
            full, pruned, rows, kept = answers.both(query, tables)
        except SqlError as error:
            refused += [] if error.name in _ACCEPTED else [f"{query}\n{error}"]
            continue
        assert repr(full) == repr(pruned), f"seed {seed}: {query}"
        ran, there, read = ran + 1, there + rows, read + kept
    assert refused == []
    assert ran >= 35
    assert read < there * 0.9, "the domains restrict next to nothing"
