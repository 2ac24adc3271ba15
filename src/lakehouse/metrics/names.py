"""Names of dimensions as people type them: the end of a full name, as far as it is clear.

``state`` is ``customer__state`` where nothing else ends so; where two dimensions do, neither is
chosen. A dimension that is reached twice, once through a longer path, is one dimension.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lakehouse.errors import MetricError
from lakehouse.metrics.query import GRAINS, METRIC_TIME, Dimension

_TOKEN = re.compile(r"'(?:[^']|'')*'|[A-Za-z_]\w*\s*\(|[A-Za-z_]\w*", re.ASCII)
_TIME = re.compile(rf"{METRIC_TIME}(?:__({'|'.join(GRAINS)}))?")


def candidates(name: str, dimensions: Sequence[str]) -> list[str]:
    """The full names that a name may mean; a full name means itself."""
    if name in dimensions:
        return [name]
    found = [each for each in dimensions if each.endswith(f"__{name}")]
    return [each for each in found if not any(each.endswith(f"__{other}") for other in found)]


def resolve(name: str, dimensions: Sequence[str]) -> str | None:
    """The full name, or None when no dimension ends so.

    Raises:
        MetricError: several do.
    """
    found = candidates(name, dimensions)
    if len(found) > 1:
        raise MetricError(f"{name!r} may be {' or '.join(sorted(found))}: say which")
    return found[0] if found else None


def template(condition: str, dimensions: Mapping[str, Dimension]) -> str:
    """A condition with each name of a dimension as MetricFlow's template wants it.

    What is no dimension's name (keywords, functions) stays, and so does a condition that is
    written in templates already.
    """
    if "{{" in condition:
        return condition

    def replace(match: re.Match[str]) -> str:
        word = match.group()
        if word.startswith("'") or word.endswith("("):
            return word
        time = _TIME.fullmatch(word)
        if time:
            return f"{{{{ TimeDimension('{METRIC_TIME}', '{time.group(1) or 'day'}') }}}}"
        name = resolve(word, list(dimensions))
        if name is None:
            return word
        if dimensions[name].is_time:
            return f"{{{{ TimeDimension('{name}', 'day') }}}}"
        return f"{{{{ Dimension('{name}') }}}}"

    return _TOKEN.sub(replace, condition)
