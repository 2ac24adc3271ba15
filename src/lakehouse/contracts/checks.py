"""Read what the door must hold of a column: `logicalTypeOptions`, and `quality` with its severity.

What the standard knows and the door does not do is refused here by name: a rule that nothing
executes would be a promise that nobody keeps.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import cast, get_args

from lakehouse.contracts._fields import Node
from lakehouse.contracts.model import NUMERIC, Check, CheckRule, ColumnType, Severity

# Names in the standard and here; `invalidValues` takes the same in its arguments.
_LIMITS: dict[str, CheckRule] = {
    "minimum": "minimum",
    "maximum": "maximum",
    "maxLength": "max_length",
    "pattern": "pattern",
}
_WORDS = "validValues"
_ZONE = "defaultTimezone"
_METRICS = {
    "missingValues": "list what stands for null as nullTokens of the format",
    "duplicateValues": "exact repeats are always refused; keys are tested by dbt",
    "rowCount": "landing compares each batch with those before it",
}


def build_checks(node: Node, column_type: ColumnType, *, required: bool) -> tuple[Check, ...]:
    """The checks of a column; raises ContractError naming the place."""
    options = node.optional("logicalTypeOptions")
    checks = list(_of_options(options, column_type)) if options else []
    quality = node.optional("quality")
    for item in quality.items() if quality else []:
        checks += _of_rule(item, column_type, required=required)
    for warns in (False, True):
        limits = {check.rule: check.limit for check in checks if check.warns == warns}
        if len(limits) < sum(check.warns == warns for check in checks):
            raise node.error("has two rules of one kind and severity", "keep one")
        low, high = limits.get("minimum"), limits.get("maximum")
        if isinstance(low, Decimal) and isinstance(high, Decimal) and low > high:
            raise node.error("has minimum above maximum", "swap them")
    return tuple(checks)


def _of_options(options: Node, column_type: ColumnType) -> Iterator[Check]:
    known = (*_LIMITS, _ZONE) if column_type.family == "timestamp" else tuple(_LIMITS)
    for name in options.names():
        option = options.child(name)
        if name not in known:
            raise option.error("is not held at the door", f"one of {', '.join(known)}")
        if name != _ZONE:
            yield _limit(option, name, column_type, "error", "")


def _of_rule(rule: Node, column_type: ColumnType, *, required: bool) -> Iterator[Check]:
    name = rule.child("name").text()
    rule.child("type").choice("library")
    metric = rule.child("metric")
    if metric.text() in _METRICS:
        problem = f"is {metric.text()!r}, which is not held at the door"
        raise metric.error(problem, _METRICS[metric.text()])
    metric.choice("invalidValues", "nullValues")
    said = rule.optional("severity")
    severity = cast("Severity", said.choice(*get_args(Severity))) if said else None
    if rule.child("mustBe").integer() != 0:
        raise rule.child("mustBe").error("is not 0", "every row that breaks the rule counts")
    if metric.text() == "nullValues":
        if required or severity != "warning":
            raise rule.error(
                "counts nulls", "say required: true, or of an optional column severity: warning"
            )
        yield Check("required", None, severity, name)
        return
    arguments = rule.child("arguments")
    known = (*_LIMITS, _WORDS)
    names = arguments.names()
    if not names or (len(names) > 1 and severity == "warning"):
        problem = f"has {', '.join(names) or 'nothing'}"
        raise arguments.error(problem, f"one of {', '.join(known)}: a warning counts by its name")
    for argument in names:
        place = arguments.child(argument)
        if argument not in known:
            raise place.error("is not held at the door", f"one of {', '.join(known)}")
        if argument == _WORDS:
            _require_text(place, column_type)
            words = tuple(arguments.texts(_WORDS, at_least=1))
            yield Check("allowed_values", words, severity, name)
        else:
            yield _limit(place, argument, column_type, severity, name)


def _limit(
    node: Node, name: str, column_type: ColumnType, severity: Severity | None, rule_name: str
) -> Check:
    limit: Decimal | int | str
    if name in ("minimum", "maximum"):
        limit = _bound(node, column_type)
    else:
        _require_text(node, column_type)
        limit = _pattern(node) if name == "pattern" else node.integer(minimum=1)
    return Check(_LIMITS[name], limit, severity, rule_name)


def _bound(node: Node, column_type: ColumnType) -> Decimal:
    if column_type.family not in NUMERIC:
        raise node.error(f"is set on {column_type.athena}", "only numbers have bounds")
    bound = node.decimal()
    beyond = _beyond(column_type)
    if not -beyond <= bound < beyond:
        raise node.error(f"is {bound}", f"a number that fits {column_type.athena}")
    if bound != round(bound, column_type.scale or 0):
        raise node.error(f"is {bound}", f"no more decimals than {column_type.athena} has")
    return bound


def _beyond(column_type: ColumnType) -> Decimal:
    """The least number that is too great for a type."""
    if column_type.precision is None or column_type.scale is None:
        return Decimal(2**31 if column_type.family == "integer" else 2**63)
    return Decimal(10) ** (column_type.precision - column_type.scale)


def _require_text(node: Node, column_type: ColumnType) -> None:
    if column_type.family != "varchar":
        raise node.error(f"is set on {column_type.athena}", "only varchar has it")


def _pattern(node: Node) -> str:
    import pyarrow as pa  # a quarter of a second, and few columns have patterns
    import pyarrow.compute as pc

    text = node.text()
    try:
        # By RE2, which the door matches with: of ECMA-262, which the standard names, it knows all
        # but backreferences and lookaround.
        pc.match_substring_regex(pa.array([""]), pattern=text)
    except pa.ArrowInvalid as error:
        advice = "a regular expression of RE2: no backreferences, no lookaround"
        raise node.error(f"is {text!r}", advice) from error
    return text
