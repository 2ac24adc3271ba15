"""Scheduled queries: files `queries/*.sql` that begin with a comment of YAML, their front matter.

/*
description: what the result is.
owner: who answers for it
schedule: curated, of each date that was built; or a cron, of the date on which it runs
format: csv, one file with a header; or parquet, one file or more
*/
select … from {{ database('curated') }}.… where … date '{{ business_date }}'
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from lakehouse.errors import ConfigError
from lakehouse.orchestration.business_date import DAY

AFTER_BUILD = "curated"
Format = Literal["csv", "parquet"]
_FILE = re.compile(r"/\*(?P<head>.*?)\*/(?P<sql>.*)", re.DOTALL)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_CRON = re.compile(r"\S+( \S+){4}")
_FACTS = ("description", "owner", "schedule", "format")


@dataclass(frozen=True, slots=True)
class ScheduledQuery:
    """A query; `schedule` is a cron or `curated`, `sql` a template of Airflow's."""

    name: str
    description: str
    owner: str
    schedule: str
    format: Format
    sql: str

    @property
    def statement(self) -> str:
        """What Athena runs: the query, or its UNLOAD to the folder of the date."""
        if self.format == "csv":
            return self.sql
        return f"unload (\n{self.sql}\n)\nto '{self.results}'\nwith (format = 'PARQUET')"

    @property
    def folder(self) -> str:
        """The folder of a date, in every bucket."""
        return f"{self.name}/date={DAY}/"

    @property
    def results(self) -> str:
        """Where Athena writes, as a template."""
        return f"s3://{{{{ bucket('athena-results') }}}}/scheduled_queries/{self.folder}"


def read_queries(folder: Path) -> list[ScheduledQuery]:
    """The queries of a folder, by name; a malformed file is none (`check_queries` names it)."""
    found = (_read(path) for path in sorted(folder.glob("*.sql")))
    return [query for query in found if isinstance(query, ScheduledQuery)]


def check_queries(folder: Path) -> None:
    """Look for malformed files.

    Raises:
        ConfigError: there are some; it names each with all that is wrong in it, and what to do.
    """
    malformed = []
    for path in sorted(folder.glob("*.sql")):
        found = _read(path)
        if not isinstance(found, ScheduledQuery):
            malformed.append(f"{folder.name}/{path.name}: {'; '.join(found)}")
    if malformed:
        raise ConfigError("\n".join(malformed))


def _read(path: Path) -> ScheduledQuery | list[str]:
    """The query of a file, or what is wrong with it."""
    wrong = []
    if not _NAME.fullmatch(path.stem):
        wrong.append("its name must be lower-case letters, digits and underscores")
    found = _FILE.fullmatch(path.read_text("utf-8").strip())
    if found is None:
        return [*wrong, f"begin with /* {', '.join(_FACTS)} */, then the query"]
    sql = found["sql"].strip()
    if not sql or ";" in sql:
        wrong.append("write one query after the front matter, without a semicolon")
    try:
        facts = yaml.safe_load(found["head"])
    except yaml.YAMLError as error:
        return [*wrong, f"its front matter is no YAML: {error}"]
    if not isinstance(facts, dict):
        return [*wrong, f"its front matter must say {', '.join(_FACTS)}"]
    wrong += _wrong_facts(facts)
    if wrong:
        return wrong
    return ScheduledQuery(name=path.stem, sql=sql.replace("{{ business_date }}", DAY), **facts)


def _wrong_facts(facts: dict[Any, Any]) -> list[str]:
    wrong = [f"its front matter lacks {name}" for name in _FACTS if name not in facts]
    for name, value in facts.items():
        if name not in _FACTS:
            wrong.append(f"{name} is none of {', '.join(_FACTS)}")
        elif not isinstance(value, str) or not value.strip():
            wrong.append(f"{name} is {value!r}: write a text")
        elif name == "format" and value not in get_args(Format):
            wrong.append(f"format is {value!r}: {' or '.join(get_args(Format))}")
        elif name == "schedule" and value != AFTER_BUILD and not _CRON.fullmatch(value):
            wrong.append(f"schedule is {value!r}: {AFTER_BUILD}, or a cron of five fields")
    return wrong
