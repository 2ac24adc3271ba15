"""Rows of RegexSerDe and GrokSerDe files: a regular expression's groups as text, None for NULL.

A line that does not match is a row of NULLs, a missing group is NULL, and a further one is
ignored. RegexSerDe matches the whole line, GrokSerDe finds its pattern in it and takes the
captures with names in their order. Source: Athena user guide, "Regex SerDe" and "Grok SerDe";
Trino's RegexDeserializer and GrokDeserializer, read 2026-11.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from local_athena.engine.scans.java_patterns import java_pattern
from local_athena.sql.errors import SqlError

_PATTERNS = Path(__file__).with_name("grok_patterns.txt")
_DEFINITION = re.compile(r"([A-Za-z0-9_]+)\s+(.*)\Z")
_REFERENCE = re.compile(r"%\{([A-Za-z0-9_]+)(?::([A-Za-z0-9_:;/\s.\-]+))?\}")
_MOST_REFERENCES = 1000

Split = Callable[[str], list[str | None]]


def regex_splitter(parameters: Mapping[str, str], width: int) -> Split:
    """The splitter of a RegexSerDe table's lines into `width` fields.

    Raises:
        SqlError: HIVE_INVALID_METADATA without `input.regex`.
    """
    pattern = parameters.get("input.regex")
    if not pattern:
        raise SqlError(
            "HIVE_INVALID_METADATA", 'This table does not have serde property "input.regex"!'
        )
    ignore_case = parameters.get("input.regex.case.insensitive", "false").lower() == "true"
    expression = java_pattern(f"(?{'is' if ignore_case else 's'}){pattern}")

    def split(line: str) -> list[str | None]:
        found = expression.fullmatch(line)
        groups = list(found.groups()[:width]) if found else []
        return groups + [None] * (width - len(groups))

    return split


def grok_splitter(parameters: Mapping[str, str], width: int) -> Split:
    """The splitter of a GrokSerDe table's lines into `width` fields.

    Raises:
        SqlError: HIVE_INVALID_METADATA without `input.format`, or for a pattern that is not there.
    """
    pattern = parameters.get("input.format")
    if not pattern:
        raise SqlError(
            "HIVE_INVALID_METADATA", 'This table does not have serde property "input.format"!'
        )
    custom = _definitions(parameters.get("input.grokCustomPatterns", ""))
    text, captures = _expanded(pattern, {**_predefined(), **custom})
    expression = java_pattern(text)

    def split(line: str) -> list[str | None]:
        found = expression.search(line) if line.strip() else None
        values = [_bare(found[name]) for name in captures[:width]] if found else []
        return values + [None] * (width - len(values))

    return split


@cache
def _predefined() -> dict[str, str]:
    return _definitions(_PATTERNS.read_text(encoding="utf-8"))


def _definitions(text: str) -> dict[str, str]:
    found = (_DEFINITION.match(line) for line in text.split("\n"))
    return {match[1]: match[2] for match in found if match}


def _expanded(pattern: str, known: Mapping[str, str]) -> tuple[str, list[str]]:
    """The pattern with every `%{NAME:field}` written out, and its groups in the fields' order."""
    for number in range(_MOST_REFERENCES):
        reference = _REFERENCE.search(pattern)
        if reference is None:
            return pattern, re.findall(r"\(\?<(capture\d+)>", pattern)
        name, field = reference.groups()
        if name not in known:
            raise SqlError("HIVE_INVALID_METADATA", f"Grok pattern {name} is not defined")
        body = f"(?<capture{number}>{known[name]})" if field else f"(?:{known[name]})"
        pattern = pattern[: reference.start()] + body + pattern[reference.end() :]
    raise SqlError("HIVE_INVALID_METADATA", "The Grok pattern refers to itself")


def _bare(text: str | None) -> str | None:
    """A capture without the quotes around it."""
    if text and text[0] in "\"'" and text[-1] == text[0]:
        return text[1:-1]
    return text
