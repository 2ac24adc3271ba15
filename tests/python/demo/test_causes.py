"""What a failed build says: causes, not nodes."""

import pytest

from lakehouse.demo.causes import FailedNode, explain


def node(name: str, cause: str) -> FailedNode:
    """A node as dbt 1.11 words its failure."""
    heading = f"Runtime Error in model {name} (models/curated/sales/{name}.sql)"
    return FailedNode(name, f"{heading}\n  {cause}")


def test_explain__one_cause_of_many__is_one_line_with_their_number() -> None:
    nodes = [
        node(f"m{number}", f"SYNTAX_ERROR: line {number}:8: Column 'c{number}' cannot be resolved")
        for number in range(142)
    ]
    (line,) = explain(nodes)
    assert line.startswith("142 nodes (m0, m1, m2, …): SYNTAX_ERROR: line 0:8: Column 'c0'")


def test_explain__several_causes__the_commonest_comes_first() -> None:
    nodes = [node("a", "DIVISION_BY_ZERO"), *(node(name, "TABLE_NOT_FOUND") for name in "bcd")]
    assert explain(nodes) == ["b, c, d: TABLE_NOT_FOUND", "a: DIVISION_BY_ZERO"]


@pytest.mark.parametrize(
    "cause",
    [
        'Could not connect to the endpoint URL: "http://127.0.0.1:45911/"',
        'Could not connect to the endpoint URL: "http://127.0.0.1:45911/lake/a/b.csv"',
        (
            "Connection was closed before we received a valid response from endpoint URL: "
            '"http://127.0.0.1:45911/".'
        ),
    ],
)
def test_explain__endpoint_that_stopped__is_named_once(cause: str) -> None:
    (line,) = explain([node("a", cause), FailedNode("b", cause)])
    assert line.startswith("a, b: the endpoint at http://127.0.0.1:45911 stopped; start it")


@pytest.mark.parametrize(
    "cause",
    [
        (
            "An error occurred (InternalServerException) when calling the StartQueryExecution "
            "operation (reached max retries: 3): The disk of the data folder is full"
        ),
        'IO Error: Could not write file "/lake/tmp/x/data_0.parquet": No space left on device',
    ],
)
def test_explain__full_disk__says_so(cause: str) -> None:
    assert explain([node("a", cause)]) == ["a: the disk of the lake is full; free some space"]


def test_explain__more_causes_than_a_screen__are_counted() -> None:
    lines = explain(node(f"n{letter}", f"CAUSE_{letter}") for letter in "ABCDEFGHIJ")
    assert len(lines) == 9
    assert lines[-1] == "… and 2 more with other causes"
