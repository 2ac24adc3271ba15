"""YAML as contracts are written in it: every key once, and no deeper than anybody reads."""

from __future__ import annotations

from typing import Any

import yaml

# The same safe loader in C is eight times as fast, where PyYAML was built with it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 50


class YamlError(Exception):
    """A text is no YAML that is read here. line: from 1; None when it is not known."""

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(problem)
        self.line = line


def parse_yaml(text: str) -> Any:
    """The one document of a text, as plain values.

    Raises:
        YamlError: the text is malformed, nested too deep, or says a key twice, of which YAML would
            silently take the last.
    """
    try:
        _check_depth(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        problem = getattr(error, "problem", None) or "unreadable"
        raise YamlError(problem, _line(getattr(error, "problem_mark", None))) from error
    except ValueError as error:  # such as the date 2026-13-45
        raise YamlError(str(error)) from error


def _check_depth(text: str) -> None:
    """Refuse what would take the composer of nodes, which recurses, down with the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                raise YamlError("is nested too deep", _line(event.start_mark))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _line(mark: Any) -> int | None:
    return mark.line + 1 if mark else None


class _Loader(_LOADER):  # type: ignore[misc]
    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise YamlError("a key is a list or a mapping", _line(key.start_mark))
            if key.value in seen:
                raise YamlError(f"the key {key.value!r} stands twice", _line(key.start_mark))
            seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping
