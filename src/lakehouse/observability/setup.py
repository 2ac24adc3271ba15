"""Where the lines of a process go, in which form, and from which level on."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TextIO

from lakehouse.errors import ConfigError
from lakehouse.observability.lines import JsonLines, PlainLines
from lakehouse.redaction import learn_secrets

Form = Literal["text", "json"]

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_SHOW_CONTENT = (
    "aiobotocore",
    "boto3",
    "botocore",
    "psycopg",
    "requests",
    "s3transfer",
    "urllib3",
)
"""Libraries whose DEBUG lines hold bodies, headers or query strings of requests: rows, and keys."""


@dataclass(frozen=True, slots=True)
class LogSettings:
    """Form and lowest level of the platform's own lines; libraries warn and no more."""

    form: Form = "text"
    level: int = logging.WARNING

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> LogSettings:
        """Read LAKEHOUSE_LOG_FORMAT and LAKEHOUSE_LOG_LEVEL.

        Raises:
            ConfigError: naming the variable that is neither unset nor one of the words it takes.
        """
        form = environ.get("LAKEHOUSE_LOG_FORMAT") or "text"
        if form not in ("text", "json"):
            raise ConfigError(
                f"LAKEHOUSE_LOG_FORMAT is {form!r}: it must be text or json",
                variable="LAKEHOUSE_LOG_FORMAT",
            )
        level = (environ.get("LAKEHOUSE_LOG_LEVEL") or "WARNING").upper()
        if level not in _LEVELS:
            raise ConfigError(
                f"LAKEHOUSE_LOG_LEVEL is {level!r}: it must be {', '.join(_LEVELS)}",
                variable="LAKEHOUSE_LOG_LEVEL",
            )
        return cls("json" if form == "json" else "text", logging.getLevelNamesMapping()[level])


class _Handler(logging.StreamHandler[TextIO]):
    """Ours among the root's handlers. It writes to whatever stderr is at that moment."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Libraries warn and no more, whatever level somebody gave them: dbt's adapter wakes up
        botocore's."""
        is_ours = record.name.partition(".")[0] == "lakehouse"
        is_shown = is_ours or record.levelno >= logging.WARNING
        return is_shown and bool(super().filter(record))

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def configure_logging(environ: Mapping[str, str]) -> None:
    """Send log lines to stderr as the environment says; calling it again replaces the settings.

    Raises:
        ConfigError: a variable of `LogSettings.from_env` is wrong.
    """
    settings = LogSettings.from_env(environ)
    learn_secrets(environ)
    silence_libraries()
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _Handler)]:
        root.removeHandler(handler)
    handler = _Handler()
    handler.setFormatter(JsonLines() if settings.form == "json" else PlainLines())
    root.addHandler(handler)
    logging.getLogger("lakehouse").setLevel(settings.level)


def silence_libraries() -> None:
    """Keep libraries that log what they send from doing so, whatever the level of the root."""
    for name in _SHOW_CONTENT:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.INFO))
