"""How a line of the log looks, and what it never holds."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from lakehouse.observability.context import current_facts
from lakehouse.observability.facts import Facts
from lakehouse.redaction import redact
from lakehouse.transience import classify


class PlainLines(logging.Formatter):
    """`time level=… logger=… message`, a traceback below it; secrets and personal data masked."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s level=%(levelname)s logger=%(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line, redacted with all that stands below it."""
        return redact(super().format(record))


class JsonLines(logging.Formatter):
    """One JSON object a record, on one line.

    Keys: `timestamp` (UTC), `level`, `logger`, `message`; those that are bound (`run_id`, `feed`,
    …); `facts` of a message that has them; of an exception `error`, `kind` (see
    `lakehouse.transience`), `error_message` and `traceback`.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The object, its texts redacted before they are quoted."""
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **current_facts(),
        }
        facts = _facts_of(record)
        if facts is not None:
            line["facts"] = dict(facts.facts)
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line["error"] = type(error).__name__
            line["kind"] = classify(error).kind
            line["error_message"] = str(error)
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(redact_all(line), ensure_ascii=False)


def _facts_of(record: logging.LogRecord) -> Facts | None:
    arguments = record.args if isinstance(record.args, tuple) else ()
    return next((each for each in arguments if isinstance(each, Facts)), None)


def redact_all(value: Any) -> Any:
    """A value for JSON: texts redacted at any depth, what JSON does not know as redacted text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {str(key): redact_all(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [redact_all(each) for each in value]
    return redact(str(value))


class RedactingFilter(logging.Filter):
    """Redacts a record before a handler that is not ours sees it; its traceback becomes text."""

    _formatter = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True: the record is changed, never dropped."""
        text = record.getMessage()
        if record.exc_info:
            text = f"{text}\n{self._formatter.formatException(record.exc_info)}"
        record.msg = redact(text)
        record.args = ()
        record.exc_info = record.exc_text = None
        return True
