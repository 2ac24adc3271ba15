"""Writes local_athena's table of functions from its registry; `--check` fails when it is stale."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from local_athena.functions.refused import REFUSED
from local_athena.functions.registry import families
from local_athena.sql.binder.special_forms import SPECIAL_FORMS
from local_athena.sql.signatures import function_names, kinds_of, signatures_of

PAGE = Path(__file__).parent.parent / "local_athena" / "docs" / "functions.md"
HEAD = """\
<!-- Made by scripts/functions_table.py from local_athena's registry: change that, then run it. -->

# Functions

What a Trino 476 server lists under SHOW FUNCTIONS, and what local_athena does with it. {known}
names are answered, {refused} are refused by name with the reason below; any other is unknown to
Trino too.
Answers are held to a real Trino's recorded ones (`tests/golden`).

"""


def owners() -> dict[str, str]:
    """Each name's family file."""
    found: dict[str, str] = {}
    for family, offered in families().items():
        for names in (offered.scalars, offered.aggregates, offered.windows):
            found.update(dict.fromkeys(names, family))
    return found


def shown(name: str) -> str:
    """The name as Trino writes it, and how many overloads it has."""
    signatures = signatures_of(name)
    written = signatures[0].text.partition("(")[0]
    count = len(signatures)
    return f"`{written}`" + (f" ({count})" if count > 1 else "")


def page() -> str:
    """The whole page."""
    owner = owners()
    names = sorted(function_names())
    answered = [name for name in names if name in owner or name in SPECIAL_FORMS]
    parts = [HEAD.format(known=len(answered), refused=len(REFUSED))]
    by_family: dict[str, list[str]] = {}
    for name in answered:
        by_family.setdefault(owner.get(name, "special forms"), []).append(name)
    parts.extend(answered_lines(by_family))
    parts.append("\n## Refused\n\n| function | why |\n|---|---|\n")
    parts.extend(f"| {shown(name)} | {REFUSED[name]} |\n" for name in sorted(REFUSED))
    parts.append(
        "\nBeside these, the special forms "
        + ", ".join(f"`{name}`" for name in sorted(set(SPECIAL_FORMS) - set(names)))
        + ", the SQL/JSON functions `json_array`, `json_exists`, `json_object`, `json_query`, "
        "`json_value`, and the casts of\nTrino are answered.\n"
    )
    return "".join(parts)


def answered_lines(by_family: dict[str, list[str]]) -> Iterator[str]:
    """A table row for each family file and kind; overloads are counted in brackets."""
    yield "## Answered\n\n| in `functions/` | kind | functions (overloads) |\n|---|---|---|\n"
    for family, names in sorted(by_family.items()):
        by_kind: dict[str, list[str]] = {}
        for name in names:
            by_kind.setdefault(" and ".join(sorted(kinds_of(name))), []).append(name)
        for kind, members in sorted(by_kind.items()):
            yield f"| {family} | {kind} | {', '.join(map(shown, members))} |\n"


def main() -> None:
    """Write the page, or say that it is stale."""
    made = page()
    if "--check" in sys.argv[1:]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != made:
            sys.exit(f"{PAGE.name} is stale: run scripts/functions_table.py")
        return
    PAGE.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
