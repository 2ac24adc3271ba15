"""Lengths and precisions of results that Trino computes from the arguments' ones.

`functions/signatures.jsonl` names them (`decimal(rp,s)` of round, `varchar(u)` of replace) but
does not say how they come about. Each formula here maps the variables of the arguments to those of
the result; varchar lengths are None when unbounded.
"""

from __future__ import annotations

from collections.abc import Callable

Numbers = dict[str, int | None]

MAX_DECIMAL = 38
_UNBOUNDED = 2_147_483_647


def compute(name: str, argument_bases: tuple[str, ...], numbers: Numbers) -> Numbers:
    """The result's variables for the function `name` called with arguments of these base types."""
    formula = _FORMULAS.get(name)
    return numbers if formula is None else {**numbers, **formula(argument_bases, numbers)}


def decimal_sum(p1: int, s1: int, p2: int, s2: int) -> tuple[int, int]:
    """Precision and scale of `+` and `-`."""
    scale = max(s1, s2)
    return min(MAX_DECIMAL, max(p1 - s1, p2 - s2) + scale + 1), scale


def decimal_product(p1: int, s1: int, p2: int, s2: int) -> tuple[int, int]:
    """Precision and scale of `*`; the scale may pass 38, which the caller refuses."""
    return min(MAX_DECIMAL, p1 + p2), s1 + s2


def decimal_quotient(p1: int, s1: int, p2: int, s2: int) -> tuple[int, int]:
    """Precision and scale of `/`."""
    return min(MAX_DECIMAL, p1 + s2 + max(s2 - s1, 0)), max(s1, s2)


def decimal_remainder(p1: int, s1: int, p2: int, s2: int) -> tuple[int, int]:
    """Precision and scale of `%` and mod."""
    scale = max(s1, s2)
    return min(p2 - s2, p1 - s1) + scale, scale


def _bounded(length: int) -> int | None:
    return None if length >= _UNBOUNDED else length


def _whole(bases: tuple[str, ...], n: Numbers) -> Numbers:
    """ceil, floor: one more digit when there is a fraction to lose."""
    p, s = n.get("p"), n.get("s")
    return {} if p is None or s is None else {"rp": p - s + min(s, 1)}


def _round(bases: tuple[str, ...], n: Numbers) -> Numbers:
    p, s = n.get("p"), n.get("s")
    if p is None or s is None:
        return {}
    if len(bases) == 1:
        return {"rp": min(MAX_DECIMAL, p - s + min(1, s)), "rs": 0}
    return {"rp": min(MAX_DECIMAL, p + 1)}


def _truncate(bases: tuple[str, ...], n: Numbers) -> Numbers:
    p, s = n.get("p"), n.get("s")
    return {} if p is None or s is None else {"rp": max(p - s, 1)}


def _mod(bases: tuple[str, ...], n: Numbers) -> Numbers:
    p1, s1 = n.get("a_precision"), n.get("a_scale")
    p2, s2 = n.get("b_precision"), n.get("b_scale")
    if p1 is None or s1 is None or p2 is None or s2 is None:
        return {}
    precision, scale = decimal_remainder(p1, s1, p2, s2)
    return {"r_precision": precision, "r_scale": scale}


def _replace(bases: tuple[str, ...], n: Numbers) -> Numbers:
    x, z = n.get("x"), n.get("z")
    return {"u": None if x is None or z is None else _bounded(x + z * (x + 1))}


def _concat(bases: tuple[str, ...], n: Numbers) -> Numbers:
    x, y = n.get("x"), n.get("y")
    return {} if x is None or y is None else {"u": min(65_536, x + y)}


def _regexp_replace(bases: tuple[str, ...], n: Numbers) -> Numbers:
    x, y = n.get("x"), n.get("y")
    if x is None or y is None:
        return {"z": None}
    return {"z": _bounded(x + max(x * y // 2, y) * (x + 1))}


def _longer(factor: int, more: int) -> Callable[[tuple[str, ...], Numbers], Numbers]:
    def formula(bases: tuple[str, ...], n: Numbers) -> Numbers:
        x = n.get("x")
        return {"y": None if x is None else _bounded(x * factor + more)}

    return formula


def _to_iso8601(bases: tuple[str, ...], n: Numbers) -> Numbers:
    p = n.get("p")
    if p is None:
        return {}
    return {"n": (22 if bases[0] == "timestamp" else 28) + (p + 1 if p else 0)}


_FORMULAS: dict[str, Callable[[tuple[str, ...], Numbers], Numbers]] = {
    "ceil": _whole,
    "ceiling": _whole,
    "floor": _whole,
    "round": _round,
    "truncate": _truncate,
    "mod": _mod,
    "replace": _replace,
    "concat": _concat,
    "regexp_replace": _regexp_replace,
    "url_encode": _longer(12, 0),
    "render": _longer(1, 15),
    "to_iso8601": _to_iso8601,
}
