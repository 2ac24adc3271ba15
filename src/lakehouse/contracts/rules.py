"""What the door asks of the feeds, as a table for people in the pages of business rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import get_args

from lakehouse.contracts.model import Check, CheckRule, Contract
from lakehouse.errors import ContractError

BEGIN = "<!-- rendered from contracts by `lakehouse contracts render` -->"
END = "<!-- end of what is rendered -->"
# Of each page: the table's head, the fate of a row that breaks an error, and a warning.
PAGES = {
    "docs/en/business-rules.md": (
        "| rule | column | what it asks | a row that breaks it |",
        "is refused",
        "enters, and is counted under",
    ),
    "docs/pt-BR/business-rules.md": (
        "| regra | coluna | o que exige | uma linha que a viola |",
        "é recusada",
        "entra, e é contada em",
    ),
}


def describe_check(check: Check) -> str:
    """A check in a few words, such as `minimum 0` or `warning: maximum 24`."""
    text = check.rule if check.limit is None else f"{check.rule} {_limit(check)}"
    return f"warning: {text}" if check.warns else text


def render_pages(project_dir: Path, contracts: Mapping[str, Contract]) -> dict[str, str]:
    """The pages of the project, by path, with their table as the contracts have it now.

    Raises:
        ContractError: a page lacks the marks between which the table goes.
    """
    found = {}
    for name in PAGES:
        path = project_dir / name
        if path.is_file():
            found[name] = _render_page(name, path.read_text("utf-8"), contracts)
    return found


def _render_page(name: str, text: str, contracts: Mapping[str, Contract]) -> str:
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    if not tail:
        raise ContractError(name, "", f"lacks {BEGIN} or {END}", "put both back around the table")
    heading, refused, counted = PAGES[name]
    lines = [heading, "|---|---|---|---|"]
    for check, place in sorted(_list_checks(contracts.values()), key=_position):
        # A bar would end the cell.
        limit = "" if check.limit is None else f"`{_limit(check)}`".replace("|", r"\|")
        fate = f"{counted} `{check.name}`" if check.warns else refused
        lines.append(f"| `{check.rule}` | `{place}` | {limit} | {fate} |")
    return f"{head}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{tail}"


def _list_checks(contracts: Iterable[Contract]) -> Iterator[tuple[Check, str]]:
    for contract in contracts:
        for column in contract.columns:
            for check in column.checks:
                yield check, f"{contract.feed}.{column.name}"


def _position(item: tuple[Check, str]) -> tuple[int, bool, str]:
    check, place = item
    return get_args(CheckRule).index(check.rule), check.warns, place


def _limit(check: Check) -> str:
    if isinstance(check.limit, tuple):
        return ", ".join(check.limit)
    # A bound of 0.00000001 would show as 1E-8.
    return f"{check.limit:f}" if check.rule in ("minimum", "maximum") else str(check.limit)
