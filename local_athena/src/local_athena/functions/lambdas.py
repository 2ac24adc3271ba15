"""The texts of lambdas: their parameters, other names for these, and folds with one."""

from __future__ import annotations

import re


def parameters(lambda_text: str) -> tuple[str, str, str]:
    """(first, second or "", body) of a lambda's text."""
    names, _, body = lambda_text.removeprefix("lambda ").partition(": ")
    first, _, second = names.partition(",")
    return first.strip(), second.strip(), body


def bind(body: str, names: dict[str, str]) -> str:
    """A lambda's body with other texts for its parameters."""
    pattern = "|".join(rf"\b{re.escape(name)}\b" for name in names if name)
    return re.sub(pattern, lambda m: names[m.group(0)], body)


def reduce_text(
    items: str, start: str, state_name: str, item_name: str, body: str, state: str, item: str
) -> str:
    """A fold whose state may be of another type than the items.

    DuckDB's list_reduce wants one type: the list becomes one of {s: state, e: element}, led by the
    start.
    """
    head = f"{{'s': CAST({start} AS {state}), 'e': CAST(NULL AS {item})}}"
    rest = f"list_transform({items}, lambda ri: {{'s': CAST(NULL AS {state}), 'e': ri}})"
    # names of the lambda stand in the body as columns do: bind them by the fold's own variables
    inner = _rename(_rename(body, state_name, "ra.s"), item_name, "rb.e")
    fold = (
        f"list_reduce(list_concat([{head}], {rest}), "
        f"lambda ra, rb: {{'s': CAST({inner} AS {state}), 'e': CAST(NULL AS {item})}})"
    )
    return f"struct_extract({fold}, 's')"


def _rename(body: str, name: str, new: str) -> str:
    return re.sub(rf"\b{re.escape(name)}\b", new, body)
