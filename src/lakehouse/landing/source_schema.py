"""Whether a database's table has the columns that a contract takes, of types that fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lakehouse.contracts import Contract
from lakehouse.errors import SourceSchemaError


def check_columns(
    contract: Contract,
    found: Mapping[str, str],
    fitting: Mapping[str, frozenset[str]],
    fold: Callable[[str], str] = str,
) -> tuple[str, ...]:
    """The columns of the table that the contract does not mention, in order.

    `found` has the table's types by column; `fitting` the types that a value of each family of the
    contract may have there. `fold` gives names that differ for the source alone.

    Raises:
        SourceSchemaError: columns are missing or of other types; it names all of them.
    """
    table, delivered = contract.source.object, contract.delivered
    types = {fold(name): kind for name, kind in found.items()}
    missing = [column.source_path for column in delivered if fold(column.source_path) not in types]
    if missing:
        raise SourceSchemaError(
            contract.feed,
            f"the table {table} lacks the columns {', '.join(missing)}. Deliver them, or change "
            f"{contract.file}",
        )
    wrong = []
    for column in delivered:
        kind = types[fold(column.source_path)]
        is_text = column.name in contract.source.text_columns
        if kind not in fitting["varchar" if is_text else column.type.family]:
            wrong.append(f"{column.source_path} is {kind}, not {column.type.athena}")
    if wrong:
        raise SourceSchemaError(
            contract.feed,
            f"columns of the table {table} changed their type: {'; '.join(wrong)}. Change them "
            f"back, or change {contract.file}",
        )
    known = {fold(column.source_path) for column in delivered}
    return tuple(sorted(name for name in found if fold(name) not in known))
