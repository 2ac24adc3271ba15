"""date_parse's years; answers of a Trino 476 server."""

from datetime import date

import pytest
from local_athena.functions.date_formats import parse_mysql
from local_athena.sql.errors import SqlError

DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("text", "pattern", "day"),
    [
        ("20191030", "%Y%m%d", date(2019, 10, 30)),
        ("191030", "%y%m%d", date(2019, 10, 30)),
        ("2019130", "%Y%j", date(2019, 5, 10)),
        ("19", "%Y", date(19, 1, 1)),
        ("+2019", "%Y", date(2019, 1, 1)),
    ],
)
def test_parse_mysql__year__takes_at_most_four_digits(text: str, pattern: str, day: date) -> None:
    assert parse_mysql(text, pattern) == (day - date(1970, 1, 1)).days * DAY


def test_parse_mysql__fifth_digit_of_a_year__is_malformed() -> None:
    with pytest.raises(SqlError, match='"12019" is malformed at "9"'):
        parse_mysql("12019", "%Y")
