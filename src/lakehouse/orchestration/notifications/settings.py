"""Where notifications go, and in which language: what the environment says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from lakehouse.errors import ConfigError
from lakehouse.orchestration.notifications.texts import LANGUAGES, Language


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """`slack` and `email` are ids of Airflow connections (kinds `slackwebhook` and `smtp`), `sns`
    is the ARN of a topic; a channel that is None is off. `docs_url` is the folder or address that
    holds the documentation's languages. `gather`: how long the first failure of an incident waits
    for others; `quiet`: how long an incident is silent after a message. `first_retry`: from which
    failed try on it is told that a task is tried again.
    """

    slack: str | None = None
    email: str | None = None
    email_to: tuple[str, ...] = ()
    sns: str | None = None
    language: Language = "en"
    docs_url: str = "docs"
    gather: timedelta = timedelta(seconds=20)
    quiet: timedelta = timedelta(minutes=15)
    first_retry: int = 2

    @property
    def is_on(self) -> bool:
        """Whether there is any channel."""
        return bool(self.slack or self.email or self.sns)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> NotifySettings:
        """Read LAKEHOUSE_NOTIFY_*; raises ConfigError naming the variable that is wrong."""
        email = environ.get("LAKEHOUSE_NOTIFY_EMAIL") or None
        recipients = environ.get("LAKEHOUSE_NOTIFY_EMAIL_TO", "").replace(";", ",").split(",")
        email_to = tuple(each.strip() for each in recipients if each.strip())
        if email and not email_to:
            raise ConfigError(
                "LAKEHOUSE_NOTIFY_EMAIL_TO is not set: it names who gets the e-mails, addresses "
                "separated by commas",
                variable="LAKEHOUSE_NOTIFY_EMAIL_TO",
            )
        sns = environ.get("LAKEHOUSE_NOTIFY_SNS") or None
        if sns and not sns.startswith("arn:"):
            raise ConfigError(
                "LAKEHOUSE_NOTIFY_SNS is no ARN of a topic, such as "
                "arn:aws:sns:us-east-1:123456789012:lakehouse",
                variable="LAKEHOUSE_NOTIFY_SNS",
            )
        return cls(
            slack=environ.get("LAKEHOUSE_NOTIFY_SLACK") or None,
            email=email,
            email_to=email_to,
            sns=sns,
            language=_language(environ),
            docs_url=environ.get("LAKEHOUSE_NOTIFY_DOCS") or "docs",
            gather=timedelta(seconds=_number(environ, "LAKEHOUSE_NOTIFY_GATHER_SECONDS", 20, 60)),
            quiet=timedelta(minutes=_number(environ, "LAKEHOUSE_NOTIFY_QUIET_MINUTES", 15, 1440)),
            first_retry=int(_number(environ, "LAKEHOUSE_NOTIFY_FIRST_RETRY", 2, 10)),
        )


def _language(environ: Mapping[str, str]) -> Language:
    asked = environ.get("LAKEHOUSE_NOTIFY_LANGUAGE") or "en"
    for language in LANGUAGES:
        if language == asked:
            return language
    raise ConfigError(
        f"LAKEHOUSE_NOTIFY_LANGUAGE is {asked!r}: it must be {' or '.join(LANGUAGES)}",
        variable="LAKEHOUSE_NOTIFY_LANGUAGE",
    )


def _number(environ: Mapping[str, str], name: str, default: float, most: float) -> float:
    text = environ.get(name)
    if not text:
        return default
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= most:
        raise ConfigError(
            f"{name} is {text!r}: it must be a number from 0 to {most:g}", variable=name
        )
    return number
