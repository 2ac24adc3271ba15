"""The reference job: the interface of an exported Talend job over the project's own loader.

`land_<feed>_run.sh --context=Local --context_param business_date=2026-06-01 …` ends up here. It
reads arguments as the main class of an exported job does, takes the defaults of its context from
`talend/<feed>/job.yml`, and writes the catchers' files that the specification describes. Addresses
that the command line does not name come from the process's environment, as by an implicit context
load.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from lakehouse.contracts import connect_lake
from lakehouse.contracts.talend.texts import METERS, STATISTICS, STATISTICS_FILES
from lakehouse.errors import ConfigError, ContractError, LakehouseError
from lakehouse.landing import Manifest, Sources, land, run_id_of
from lakehouse.orchestration.talend.errors import TalendError
from lakehouse.settings import Settings, find_project_dir

DEFAULT_CONTEXT = "Local"
_ADDRESSES = {
    "aws_endpoint_url": "AWS_ENDPOINT_URL",
    "postgres_url": "LAKEHOUSE_POSTGRES_URL",
    "mysql_url": "LAKEHOUSE_MYSQL_URL",
    "kafka_bootstrap": "LAKEHOUSE_KAFKA_BOOTSTRAP",
    "payments_url": "LAKEHOUSE_PAYMENTS_URL",
    "drop_dir": "LAKEHOUSE_DROP_DIR",
}
_SETTINGS = {
    **_ADDRESSES,
    "lakehouse_env": "LAKEHOUSE_ENV",
    "bucket_prefix": "LAKEHOUSE_BUCKET_PREFIX",
    "aws_region": "AWS_REGION",
}


@dataclass(slots=True)
class Arguments:
    """What the command line of an exported job said."""

    context: str = DEFAULT_CONTEXT
    parameters: dict[str, str] = field(default_factory=dict)
    pid: str = ""
    father_pid: str = ""
    root_pid: str = ""


def parse_arguments(arguments: Sequence[str]) -> Arguments:
    """Read arguments as Talend's generated main class does: what it does not know it ignores."""
    found = Arguments()
    is_parameter = False
    for each in arguments:
        text = f"--context_param {each}" if is_parameter else each
        is_parameter = each == "--context_param" and not is_parameter
        if is_parameter:
            continue
        if text.startswith("--context_param"):
            name, equals, value = text[len("--context_param") + 1 :].partition("=")
            if equals:
                found.parameters[name] = value
            continue
        option, equals, value = text.partition("=")
        name = option.removeprefix("--")
        if equals and name in ("context", "pid", "father_pid", "root_pid"):
            setattr(found, name, value)
    return found


def load_context(specification: Mapping[str, Any], arguments: Arguments) -> dict[str, str]:
    """The values of the context's parameters.

    A context that is not there is told on stderr and nothing more: its parameters have no values
    but those of the command line.
    """
    parameters = specification["context_parameters"]
    values: dict[str, str] = {}
    if arguments.context in specification["contexts"]:
        for parameter in parameters:
            default = parameter["defaults"][arguments.context]
            if default is not None:
                values[parameter["name"]] = str(default)
    else:
        print(f"Could not find the context {arguments.context}", file=sys.stderr)  # noqa: T201
    for name, variable in _ADDRESSES.items():
        if os.environ.get(variable):
            values[name] = os.environ[variable]
    return values | arguments.parameters


class Catchers:
    """The files of tStatCatcher, tLogCatcher and tFlowMeterCatcher; none without a folder."""

    def __init__(self, folder: str, job: str, version: str, arguments: Arguments) -> None:
        self._folder = Path(folder) if folder else None
        pid = arguments.pid or secrets.token_hex(3)
        self._common: dict[str, Any] = {
            "pid": pid,
            "father_pid": arguments.father_pid or pid,
            "root_pid": arguments.root_pid or pid,
            "system_pid": os.getpid(),
            "project": "LAKEHOUSE",
            "job": job,
            "job_repository_id": f"_{job}",
            "job_version": version,
            "context": arguments.context,
        }

    def write(self, component: str, **values: Any) -> None:
        """Append a row to a catcher's file; columns that are not given stay empty."""
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        row = {"moment": datetime.now().strftime("%Y-%m-%d %H:%M:%S"), **self._common, **values}  # noqa: DTZ005
        cells = [_cell(row.get(name)) for name, _ in STATISTICS[component]]
        with (self._folder / STATISTICS_FILES[component]).open("a", encoding="utf-8") as file:
            file.write(";".join(cells) + "\n")


def run(feed: str, arguments: Sequence[str]) -> int:
    """Land a feed as the arguments say; return the exit status."""
    parsed = parse_arguments(arguments)
    path = find_project_dir(os.environ) / "talend" / feed / "job.yml"
    specification = yaml.safe_load(path.read_text("utf-8"))
    values = load_context(specification, parsed)
    catchers = Catchers(
        values.get("statistics_dir", ""),
        specification["job"],
        specification["contract"]["version"].rpartition(".")[0],
        parsed,
    )
    began = time.monotonic()
    try:
        catchers.write("tStatCatcher", message_type="begin")
    except OSError as error:
        problem = ConfigError(f"statistics_dir cannot be written to: {error}")
        print(f"tDie_1: {problem}", file=sys.stderr)  # noqa: T201
        return problem.exit_code
    status = 0
    try:
        manifest = land_batch(feed, specification, values)
        if manifest is not None:
            counts = (manifest.read_count, manifest.written_count, manifest.rejected_count)
            for label, count in zip(METERS, counts, strict=True):
                catchers.write(
                    "tFlowMeterCatcher",
                    origin=f"tFlowMeter_{label}",
                    label=label,
                    count=count,
                    reference=manifest.read_count,
                )
    except LakehouseError as error:
        status = error.exit_code
        catchers.write(
            "tLogCatcher", priority=5, type="tDie", origin="tDie_1", message=error, code=status
        )
        print(f"tDie_1: {error}", file=sys.stderr)  # noqa: T201
    except Exception as error:  # noqa: BLE001 - as an exception that leaves main ends a JVM
        status = 1
        catchers.write(
            "tLogCatcher",
            priority=6,
            type="Java Exception",
            origin="tJava_1",
            message=f"{type(error).__name__}: {error}",
            code=status,
        )
        traceback.print_exc()
    catchers.write(
        "tStatCatcher",
        message_type="end",
        message="failure" if status else "success",
        duration=round((time.monotonic() - began) * 1000),
    )
    return status


def land_batch(
    feed: str, specification: Mapping[str, Any], values: Mapping[str, str]
) -> Manifest | None:
    """Check the context's values and land; None where the feed is not due.

    Raises:
        ConfigError: a value is missing or not what it must be.
        ContractError: the runner knows another contract than the job was built from.
    """
    required = [p["name"] for p in specification["context_parameters"] if p["required"]]
    missing = [name for name in required if not values.get(name)]
    if missing:
        raise ConfigError(f"context parameters without a value: {', '.join(missing)}")
    try:
        day = date.fromisoformat(values["business_date"])
    except ValueError as error:
        raise ConfigError(f"business_date is {values['business_date']!r}, not a day") from error
    if values["run_id"] != run_id_of(feed, day):
        raise ConfigError(f"run_id is {values['run_id']!r}, not {run_id_of(feed, day)!r}")
    contract = specification["contract"]
    for name in ("version", "sha256"):
        if values[f"contract_{name}"] != contract[name]:
            raise ContractError(
                contract["file"],
                name,
                f"the job was built from {contract[name]}, the runner knows "
                f"{values[f'contract_{name}']}",
                "build and deploy the job again",
            )
    settings = Settings.from_env({**os.environ, **_variables(values)})
    again = values.get("again", "").lower() == "true"
    answer = land(feed, day, Sources.from_settings(settings), connect_lake(settings), again=again)
    return answer if isinstance(answer, Manifest) else None


def _variables(values: Mapping[str, str]) -> dict[str, str]:
    """The environment variables that a context's values stand for."""
    return {variable: values[name] for name, variable in _SETTINGS.items() if name in values}


def _cell(value: Any) -> str:
    """A value as tFileOutputDelimited writes it, which escapes nothing."""
    return "" if value is None else " ".join(str(value).replace(";", ",").split())


def main() -> None:
    """Run the job that the first argument names."""
    if len(sys.argv) < 2:
        raise TalendError(
            "say which feed: python -m lakehouse.orchestration.talend.reference_job FEED"
        )
    sys.exit(run(sys.argv[1], sys.argv[2:]))


if __name__ == "__main__":
    main()
