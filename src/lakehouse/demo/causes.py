"""Why nodes of a build failed: one line a cause, however many nodes it took along."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_SHOWN_CAUSES, _SHOWN_NODES = 8, 3
_HEADING = re.compile(r"^\w+ Error in [\w ]+ \S+ \([^)]*\)$")
"""dbt's own first line, such as `Runtime Error in model fct_orders (models/…)`."""
_CHANGING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|\"?(?:https?|s3)://[^\s\"]+\"?|/[\w./=-]+|\b\d+\b|'[^']*'"
)
"""What differs between two messages of one cause: ids, addresses, paths, numbers, names."""
_NO_ANSWER = re.compile(
    r"Could not connect to the endpoint URL: \"(https?://[^/\"]+)"
    r"|Connection was closed before we received a valid response from endpoint URL: "
    r"\"(https?://[^/\"]+)"
)
_FULL = re.compile(r"disk of the data folder is full|No space left on device")


@dataclass(frozen=True, slots=True)
class FailedNode:
    """A node of a build and the message that dbt gives for it."""

    name: str
    message: str


def explain(nodes: Iterable[FailedNode]) -> list[str]:
    """One line for each cause, the one of most nodes first."""
    causes: dict[str, tuple[str, list[str]]] = {}
    for node in nodes:
        text = _cause(node.message)
        _, names = causes.setdefault(_CHANGING.sub("…", text), (text, []))
        names.append(node.name)
    ordered = sorted(causes.values(), key=lambda cause: -len(cause[1]))
    lines = [f"{_name(names)}: {text}" for text, names in ordered[:_SHOWN_CAUSES]]
    if len(ordered) > _SHOWN_CAUSES:
        rest = sum(len(names) for _, names in ordered[_SHOWN_CAUSES:])
        lines.append(f"… and {rest} more with other causes")
    return lines


def _cause(message: str) -> str:
    """What went wrong, without dbt's words around it."""
    if found := _NO_ANSWER.search(message):
        return (
            f"the endpoint at {found[1] or found[2]} stopped; start it (`local-athena serve`, or "
            "without AWS_ENDPOINT_URL the command starts its own)"
        )
    if _FULL.search(message):
        return "the disk of the lake is full; free some space"
    lines = [line.strip() for line in message.splitlines()]
    told = [line for line in lines if line and not _HEADING.match(line)]
    return " ".join(told[:3]) or "failed"


def _name(names: list[str]) -> str:
    if len(names) <= _SHOWN_NODES:
        return ", ".join(names)
    return f"{len(names)} nodes ({', '.join(names[:_SHOWN_NODES])}, …)"
