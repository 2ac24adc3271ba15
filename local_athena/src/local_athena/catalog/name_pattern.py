"""Patterns of names, as Glue and Athena take them for tables: `Expression`.

A regular expression in which a `*` that follows nothing repeatable is any text: `sales_*`,
`*_daily` (awswrangler asks for `*text*`); alternatives by `|`. Case does not matter.
"""

import re


def matches(expression: str, name: str) -> bool:
    """Whether the whole name fits.

    Raises:
        ValueError: the expression is not a pattern.
    """
    for pattern in expression.split("|"):
        text = re.sub(r"(?<![.\])])\*", ".*", pattern.strip())
        try:
            if re.fullmatch(text, name, re.IGNORECASE):
                return True
        except re.error:
            raise ValueError(f"Expression {expression!r} is not a regular expression") from None
    return False
