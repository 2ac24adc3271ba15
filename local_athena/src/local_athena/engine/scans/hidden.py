"""Hidden columns of Hive tables: what is known of the file that a row comes from."""

from collections.abc import Sequence

from local_athena.catalog.projection import partition_path
from local_athena.engine.handles import BUCKET, FILE_SIZE, FILE_TIME, PARTITION, PATH
from local_athena.engine.scans.listing import DataFile
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import quote_text


def hidden_value(name: str, file: DataFile, keys: Sequence[str]) -> str:
    """The DuckDB text of a hidden column's value; `keys` are the partition keys' names.

    Raises:
        SqlError: HIVE_INVALID_BUCKET_FILES, the file's name does not tell its bucket.
    """
    if name == PATH:
        return quote_text(file.uri)
    if name == FILE_SIZE:
        return f"CAST({file.size} AS BIGINT)"
    if name == FILE_TIME:
        micros = file.modified_ns // 1_000_000 * 1000
        return f"{{'instant': make_timestamp({micros}), 'zone': 'UTC'}}"
    if name == PARTITION:
        return quote_text(partition_path(keys, file.values))
    if name == BUCKET:
        if file.bucket is None:
            raise SqlError(
                "HIVE_INVALID_BUCKET_FILES",
                f"The name of a file of a bucketed table does not tell its bucket: {file.uri}",
            )
        return f"CAST({file.bucket} AS INTEGER)"
    raise KeyError(name)
