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
from typing import Literal, get_args

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
    """The queries of a folder, by name.

    Raises:
        ConfigError: a file is malformed; it says which, and what to do.
    """
    return [_read(path) for path in sorted(folder.glob("*.sql"))]


def _read(path: Path) -> ScheduledQuery:
    def wrong(problem: str) -> ConfigError:
        return ConfigError(f"{path.parent.name}/{path.name}: {problem}")

    if not _NAME.fullmatch(path.stem):
        raise wrong("its name must be lower-case letters, digits and underscores")
    found = _FILE.fullmatch(path.read_text("utf-8").strip())
    if found is None:
        raise wrong("begin with /* description, owner, schedule and format */, then the query")
    try:
        facts = yaml.safe_load(found["head"])
    except yaml.YAMLError as error:
        raise wrong(f"its front matter is no YAML: {error}") from error
    if not isinstance(facts, dict) or set(facts) != set(_FACTS):
        raise wrong(f"its front matter must say {', '.join(_FACTS)}, and nothing else")
    for name, value in facts.items():
        if not isinstance(value, str) or not value.strip():
            raise wrong(f"{name} is {value!r}: write a text")
    if facts["format"] not in get_args(Format):
        raise wrong(f"format is {facts['format']!r}: {' or '.join(get_args(Format))}")
    if facts["schedule"] != AFTER_BUILD and not _CRON.fullmatch(facts["schedule"]):
        raise wrong(f"schedule is {facts['schedule']!r}: {AFTER_BUILD}, or a cron of five fields")
    sql = found["sql"].strip()
    if not sql or ";" in sql:
        raise wrong("write one query after the front matter, without a semicolon")
    return ScheduledQuery(name=path.stem, sql=sql.replace("{{ business_date }}", DAY), **facts)
