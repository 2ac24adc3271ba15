"""MSCK REPAIR TABLE: register what lies under the table's location in Hive's layout."""

from local_athena.catalog.model import Table
from local_athena.catalog.projection import partition_path
from local_athena.engine.answer import TextAnswer, text_column
from local_athena.engine.ddl.partition_values import new_partition, unescape
from local_athena.engine.errors import ddl_failure, table_not_found
from local_athena.engine.job import Job
from local_athena.errors import EntityNotFoundError
from local_athena.sql import nodes


def repair_table(job: Job, statement: nodes.RepairTable) -> TextAnswer:
    """Add the partitions that are missing in the catalog, and say which."""
    database, name = job.qualify(statement.table)
    try:
        table = job.catalog.get_table(database, name)
    except EntityNotFoundError as error:
        raise table_not_found(statement.table) from error
    if not table.partition_keys or table.kind != "hive":
        raise ddl_failure(
            f"SemanticException [Error 10241]: Table {name} is not a partitioned table"
        )
    known = {partition.values for partition in job.catalog.partitions(database, name)}
    found = _partitions_on_disk(job, table)
    missing = [values for values in found if values not in known]
    gone = sorted(values for values in known if values not in found)
    job.catalog.add_partitions(
        database, name, [new_partition(table, values, found[values]) for values in missing]
    )
    return TextAnswer((text_column("result"),), _lines(table, missing, gone))


def _partitions_on_disk(job: Job, table: Table) -> dict[tuple[str, ...], str]:
    """Values of each `key=value/...` folder that holds a file, with its location.

    Keys are in lower case only, and values with a colon are left out, as Amazon documents it.
    """
    base = (table.location or "").rstrip("/") + "/"
    keys = [key.name for key in table.partition_keys]
    found: dict[tuple[str, ...], str] = {}
    for item in job.store.list(base):
        folders = item.uri[len(base) :].split("/")[:-1]
        if len(folders) < len(keys):
            continue
        values = []
        for key, folder in zip(keys, folders, strict=False):
            name, equals, value = folder.partition("=")
            if not equals or name != key or ":" in value:
                break
            values.append(unescape(value))
        if len(values) == len(keys):
            found.setdefault(tuple(values), base + "/".join(folders[: len(keys)]))
    return found


def _lines(
    table: Table, missing: list[tuple[str, ...]], gone: list[tuple[str, ...]]
) -> list[tuple[str]]:
    """What Hive prints: partitions found, partitions whose folders are gone, and what was done."""
    keys = [key.name for key in table.partition_keys]
    added, lost = (
        [f"{table.name}:{partition_path(keys, values)}" for values in some]
        for some in (missing, gone)
    )
    lines = []
    if added:
        lines.append("\t".join(["Partitions not in metastore:", *added]))
    if lost:
        lines.append("\t".join(["Partitions missing from filesystem:", *lost]))
    lines += [f"Repair: Added partition to metastore {name}" for name in added]
    return [(line,) for line in lines]
