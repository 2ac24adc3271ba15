"""`.env.example` against the variables that the code, dbt's files and the Makefile name."""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
OWN = re.compile(r"(?<![A-Z_])(?:LAKEHOUSE|LOCAL_ATHENA)_[A-Z]+(?:_[A-Z]+)*\b")
LINE = re.compile(r"^#?([A-Z][A-Z_]*)=(.*)$")
SUFFIXES = {".py", ".sql", ".yml"}
SOURCES = (
    "src",
    "local_athena/src",
    "dags",
    "macros",
    "models",
    "snapshots",
    "profiles.yml",
    "dbt_project.yml",
    "Makefile",
)


def _sources() -> dict[str, str]:
    """The text of every source, by its path."""
    found: dict[str, str] = {}
    for name in SOURCES:
        place = PROJECT / name
        paths = [place] if place.is_file() else sorted(place.rglob("*"))
        for path in paths:
            if path.is_file() and (path.suffix in SUFFIXES or path == place):
                found[str(path.relative_to(PROJECT))] = path.read_text("utf-8")
    assert {"src/lakehouse/settings.py", "profiles.yml", "Makefile"} <= set(found)
    return found


def _example() -> list[str]:
    return (PROJECT / ".env.example").read_text("utf-8").splitlines()


def _named() -> list[str]:
    return [match[1] for match in map(LINE.match, _example()) if match]


def test_env_example__own_variables__are_those_that_the_sources_name() -> None:
    used = {name for text in _sources().values() for name in OWN.findall(text)}
    assert {"LAKEHOUSE_ENV", "LOCAL_ATHENA_DATA"} <= used
    assert {name for name in _named() if OWN.fullmatch(name)} == used


def test_env_example__variables_of_others__occur_in_the_sources() -> None:
    everything = "\n".join(_sources().values())
    others = [name for name in _named() if not OWN.fullmatch(name)]
    assert others
    assert [name for name in others if not re.search(rf"\b{name}\b", everything)] == []


def test_env_example__dbt_variables__are_all_listed() -> None:
    texts = "\n".join(_sources().values())
    read = set(re.findall(r"""env_var\(\s*['"]([A-Z_]+)['"]""", texts))
    assert read
    assert read <= set(_named())


def test_env_example__every_variable__is_off_named_once_and_explained_above() -> None:
    lines = _example()
    assert len(_named()) == len(set(_named()))
    for number, line in enumerate(lines):
        if LINE.match(line):
            assert line.startswith("#"), f"{line}: sourcing the file as it is must change nothing"
            assert re.match(r"# .+\.$", lines[number - 1]), f"{line}: no comment above it"
