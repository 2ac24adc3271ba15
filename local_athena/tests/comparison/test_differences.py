"""What counts as a difference between two engines."""

import pytest
from local_athena.comparison.differences import differences, is_ordered
from local_athena.comparison.outcomes import Outcome, error_name


def answer(*rows: tuple[str | None, ...], types: tuple[str, ...] = ("integer",)) -> Outcome:
    return Outcome(tuple(f"c{index}" for index in range(len(types))), types, rows)


def test_differences__same_rows_in_another_order__only_where_order_is_said() -> None:
    left, right = answer(("1",), ("2",)), answer(("2",), ("1",))
    assert differences(left, right) == []
    assert differences(left, right, ordered=True) == ["order: the same rows in another order"]


@pytest.mark.parametrize(
    ("left", "right", "kind"),
    [
        (answer(("1",)), answer(("2",)), "values"),
        (answer(("1",), ("1",)), answer(("1",)), "values"),
        (answer((None,)), answer(("",)), "values"),
        (answer(("1.0",), types=("varchar(4)",)), answer(("1",), types=("varchar(4)",)), "values"),
        (answer(("1",), types=("bigint",)), answer(("1",)), "types"),
        (answer(("1",)), Outcome(error="DIVISION_BY_ZERO", message="x"), "error"),
        (Outcome(error="TYPE_MISMATCH"), Outcome(error="COLUMN_NOT_FOUND"), "error"),
        (Outcome(("a",)), Outcome(("b",)), "names"),
    ],
)  # fmt: skip
def test_differences__each_kind__is_named(left: Outcome, right: Outcome, kind: str) -> None:
    assert [text.partition(":")[0] for text in differences(left, right)][:1] == [kind]


def test_differences__doubles__to_twelve_digits() -> None:
    left = answer(("0.30000000000000004",), types=("double",))
    assert differences(left, answer(("0.3",), types=("double",))) == []
    assert differences(left, answer(("0.30000000001",), types=("double",)))


def test_differences__same_error__agree_whatever_the_message() -> None:
    left = Outcome(error="TYPE_MISMATCH", message="one")
    assert differences(left, Outcome(error="TYPE_MISMATCH", message="two")) == []


def test_error_name__reason__its_first_word() -> None:
    assert error_name("DIVISION_BY_ZERO: Division by zero") == "DIVISION_BY_ZERO"
    assert error_name("FAILED: SemanticException x") == "FAILED: SemanticException x"


def test_is_ordered__outermost_only() -> None:
    assert is_ordered("select 1 a order by a")
    assert not is_ordered("select * from (select 1 a order by a) t")
    assert not is_ordered("selec 1")
