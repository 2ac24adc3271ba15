"""What our contracts must say beyond being well formed, each alone and all together.

The loader reads what is there; contracts of before may say less, and can still be compared with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakehouse.contracts.model import NUMERIC, Column, Contract
from lakehouse.errors import ContractError


def find_gaps(contracts: Mapping[str, Contract]) -> Iterator[ContractError]:
    """Everything that is missing in the contracts, or does not fit together, feed by feed."""
    for contract in contracts.values():
        if contract.retention_days is None:
            yield ContractError(
                contract.file,
                "slaProperties",
                "lacks retention",
                "add {property: retention, value: 3653, unit: d}: how long batches are kept",
            )
        for column in contract.columns:
            yield from _find_unit_gaps(contract, column)
            for check in column.checks:
                if check.severity is None:
                    yield _gap(
                        contract,
                        column,
                        "quality",
                        f"lacks the severity of {check.name}",
                        "severity: error refuses the row, severity: warning counts it",
                    )
            yield from _find_reference_gaps(contract, column, contracts)


def _find_unit_gaps(contract: Contract, column: Column) -> Iterator[ContractError]:
    if column.unit is not None:
        return
    if column.type.family in NUMERIC:
        yield _gap(
            contract,
            column,
            "customProperties",
            "lacks unit",
            "add {property: unit, value: BRL}; of a number without one, none",
        )
    elif column.type.family == "timestamp":
        yield _gap(
            contract,
            column,
            "logicalTypeOptions",
            "lacks defaultTimezone",
            "add {defaultTimezone: Etc/UTC}: landing writes instants in UTC",
        )


def _find_reference_gaps(
    contract: Contract, column: Column, contracts: Mapping[str, Contract]
) -> Iterator[ContractError]:
    """References that lead nowhere; columns with the name of another table's key and none."""
    for reference in column.references:
        problem = _judge_target(column, contracts.get(reference.feed), reference.column)
        if problem is not None:
            yield _gap(
                contract,
                column,
                "relationships",
                f"refers to {reference}: {problem}",
                "name the key of another contract's table",
            )
    referred = {reference.feed for reference in column.references}
    for other in contracts.values():
        if other.key == (column.name,) and other is not contract and other.feed not in referred:
            yield _gap(
                contract,
                column,
                "relationships",
                f"is missing, and {column.name} is the key of {other.feed}",
                f"add {{type: foreignKey, to: {other.feed}.{column.name}}}",
            )


def _judge_target(column: Column, target: Contract | None, name: str) -> str | None:
    """What is wrong with a reference. A list without a key may be referred to by any column."""
    if target is None:
        return "there is no such contract"
    named = [each for each in target.columns if each.name == name]
    if not named:
        return "there is no such column"
    if named[0].type != column.type:
        return f"it is {named[0].type.athena}, this column {column.type.athena}"
    if target.key and name not in target.key:
        return "it is no key"
    return None


def _gap(
    contract: Contract, column: Column, place: str, problem: str, advice: str
) -> ContractError:
    path = f"schema[0].properties[{column.name}].{place}"
    return ContractError(contract.file, path, problem, advice)
