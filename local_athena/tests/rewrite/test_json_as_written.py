"""json_extract of a text keeps its members as they are written. Answers of a Trino 476."""

from collections.abc import Callable

import pytest

CASES = (
    (r"""json_extract('[{"b":1,"a":2}]', '$')""", '[{"b":1,"a":2}]'),
    (r"""json_extract('{"p":[{"b":1.50,  "a":2, "a":3}]}', '$.p')""", '[{"b":1.5,"a":2,"a":3}]'),
    (r"""json_extract('{"p":{"b":1e2,"a":"\u00e9"}}', '$["p"]')""", '{"b":100.0,"a":"é"}'),
    (r"""json_extract(json '{"p":{"b":1,"a":2}}', '$.p')""", '{"a":2,"b":1}'),
    (r"""json_extract(json_parse('[{"b":1,"a":2}]'), '$')""", '[{"a":2,"b":1}]'),
    (r"""json_extract('{"a":1,"a":{"z":1,"b":2}}', '$.a')""", "1"),
    (r"""json_extract('{"a":{"x":1},"a":{"z":{"y":1}}}', '$.a.z')""", None),
    (r"""json_extract_scalar('{"a":1.5,"a":2}', '$.a')""", "1.5"),
    (r"""json_extract_scalar('{"a":1.5,"a":2}', '$["a"]')""", "1.5"),
    (r"""json_size('{"a":1,"a":2}', '$')""", "2"),
)


@pytest.mark.parametrize(("expression", "answer"), CASES)
def test_json_extract__members_stay_as_written(
    run: Callable[[str], list[list[str | None]]], expression: str, answer: str | None
) -> None:
    assert run(f"select {expression}") == [[answer]]
