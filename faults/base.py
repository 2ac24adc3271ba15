"""The lake that mutants start from: two business days of the demonstration, built rightly.

On the second day rare things happen too (`rare`), of which the ledger knows nothing: the lake as it
was before them is kept beside it. It is made once and kept as long as nothing changes that its
tables come from. Of each Iceberg table the metadata file at the end of the first day is written
down, so that a copy of the lake can be put back to it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from local_athena.server import Endpoint, serve

from faults.fault import FaultError
from faults.project import Project
from faults.rare import tell
from lakehouse.athena import Athena

_SCALE = "0.005"
_RESULTS = "s3://lakehouse-local-athena-results/faults/"
_DATABASES = ("local_integration", "local_curated", "local_snapshots")
FOREIGN = ("AWS_", "LAKEHOUSE_", "LOCAL_ATHENA_", "DBT_")
"""Variables that lead to a lake, or change what is built."""
_PROJECT_PARTS = (
    *("models", "macros", "seeds", "snapshots", "tests/dbt", "contracts", "infra"),
    *("dbt_project.yml", "profiles.yml", "selectors.yml"),
)
_DATA_COME_FROM = (
    *("models/**/*.sql", "macros/*.sql", "seeds/*.csv", "snapshots/*", "contracts/*.yaml"),
    *("dbt_project.yml", "src/lakehouse/landing/*.py", "src/lakehouse/marketplace/**/*.py"),
    "faults/rare.py",
)


@dataclass(frozen=True, slots=True)
class Base:
    """lake: the data folder, at the end of the second day; first_day: the metadata file of each
    Iceberg table (database, name) at the end of the first; reconciled: the data folder of which
    the ledger tells, without the rare events; ledgers: where that lies."""

    lake: Path
    first_day: Mapping[tuple[str, str], str]
    reconciled: Path
    ledgers: Path


def copy_project(project: Path, copy: Path) -> None:
    """Copy what dbt and the demonstration read; what is there already is replaced."""
    shutil.rmtree(copy, ignore_errors=True)
    for part in _PROJECT_PARTS:
        source = project / part
        (copy / part).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy / part)
        elif source.is_file():
            shutil.copy2(source, copy / part)


def make_base(project: Project, folder: Path) -> Base:
    """The base of the project, from `folder` if it was made there of the same project.

    Raises:
        FaultError: the demonstration fails, or the second day with its rare events does.
    """
    mark, digest = folder / "digest", _digest(project.folder)
    if not mark.is_file() or mark.read_text("ascii") != digest:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _demonstrate(project.folder, folder, days=1)
        with served(folder / "lake") as endpoint:
            tables = _iceberg_tables(endpoint)
        (folder / "first_day.json").write_text(json.dumps(tables), "utf-8")
        _demonstrate(project.folder, folder, days=2)
        shutil.copytree(folder / "lake", folder / "reconciled")
        _build_second_day(project, _read(folder))
        mark.write_text(digest, "ascii")
    return _read(folder)


@contextmanager
def served(lake: Path, port: int = 0) -> Iterator[Endpoint]:
    """An endpoint on a data folder, to which the environment of this process leads."""
    with serve(lake, port) as endpoint:
        os.environ.update(endpoint.environ)
        yield endpoint


def _read(folder: Path) -> Base:
    tables = json.loads((folder / "first_day.json").read_text("utf-8"))
    first_day = {(database, name): file for database, name, file in tables}
    return Base(folder / "lake", first_day, folder / "reconciled", folder / "sources" / "ledger")


def _build_second_day(project: Project, base: Base) -> None:
    """Let rare events happen on the second day, and build it rightly."""
    keys = project.tables()
    with served(base.lake) as endpoint:
        tell(athena_of(endpoint), "local_raw")
        put_back(endpoint, base, project.merged_below(keys))
        red = project.build(keys, anew=False).red
    if red:
        lines = (f"{name}: {message}" for name, message in red.items())
        raise FaultError(
            "\n".join(("the base cannot be made, the unchanged project is red:", *lines))
        )


def athena_of(endpoint: Endpoint) -> Athena:
    """A client for queries of a served lake."""
    return Athena(_client(endpoint, "athena"), "primary", _RESULTS)


def put_back(endpoint: Endpoint, base: Base, tables: Iterable[tuple[str, str]]) -> None:
    """Let tables of a copy of the base be as they were at the end of the first day."""
    glue = _client(endpoint, "glue")
    for database, name in tables:
        table = glue.get_table(DatabaseName=database, Name=name)["Table"]
        kept = ("Name", "Description", "TableType", "StorageDescriptor", "PartitionKeys")
        given = {key: table[key] for key in kept if key in table}
        parameters = table["Parameters"] | {"metadata_location": base.first_day[database, name]}
        glue.update_table(DatabaseName=database, TableInput={**given, "Parameters": parameters})


def _demonstrate(project: Path, folder: Path, days: int) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    environ = clean | {
        "LAKEHOUSE_PROJECT_DIR": str(project),
        "LAKEHOUSE_SOURCES_DIR": str(folder / "sources"),
        "LOCAL_ATHENA_DATA": str(folder / "lake"),
        "DBT_TARGET_PATH": str(folder / "target"),
    }
    program = Path(sys.executable).with_name("lakehouse")
    done = subprocess.run(
        [program, "demo", "--days", str(days), "--scale", _SCALE],
        env=environ,
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise FaultError(
            f"the base cannot be made, the unchanged project fails:\n{done.stdout}{done.stderr}"
        )


def _digest(project: Path) -> str:
    """A digest of all that the tables' content and the ledger come from; properties and tests are
    not in it."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for pattern in _DATA_COME_FROM:
        folder = root if pattern.startswith(("src/", "faults/")) else project
        for path in sorted(folder.glob(pattern)):
            if not path.is_file():
                continue
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _iceberg_tables(endpoint: Endpoint) -> list[tuple[str, str, str]]:
    """Database, name and metadata file of each Iceberg table that dbt made."""
    paginator = _client(endpoint, "glue").get_paginator("get_tables")
    return [
        (database, table["Name"], table["Parameters"]["metadata_location"])
        for database in _DATABASES
        for page in paginator.paginate(DatabaseName=database)
        for table in page["TableList"]
        if "metadata_location" in table.get("Parameters", {})
    ]


def _client(endpoint: Endpoint, service: str) -> Any:
    client: Any = boto3.client  # its stubs have an overload for each service
    return client(
        service,
        endpoint_url=endpoint.url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106
    )
