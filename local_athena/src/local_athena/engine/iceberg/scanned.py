"""How many bytes a read of a Parquet file takes: the measure that Athena bills."""

from collections.abc import Sequence

from pyiceberg.manifest import FileFormat
from pyiceberg.types import NestedField, PrimitiveType

from local_athena.engine.iceberg.columns import FileColumn
from local_athena.engine.iceberg.domains import Allowed, Restrictions
from local_athena.engine.iceberg.lake import Footer
from local_athena.engine.iceberg.planning import PlannedFile
from local_athena.engine.iceberg.statistics import raw_value


def scanned_bytes(
    planned: PlannedFile,
    footer: Footer,
    parts: tuple[FileColumn, ...],
    wanted: Sequence[NestedField],
    restrictions: Restrictions,
) -> int:
    """Compressed bytes of the wanted columns' chunks, in row groups that may hold wanted rows.

    An ORC or Avro file counts whole, when a column of it is wanted.
    """
    if planned.file.file_format != FileFormat.PARQUET:
        return planned.file.file_size_in_bytes if wanted else 0
    names = {part.id: part.name for part in parts}
    tops = {names[field.field_id] for field in wanted if field.field_id in names}
    tops |= {
        names[number]
        for delete in planned.equality_deletes
        for number in delete.equality_ids or ()
        if number in names
    }
    chunks = [index for index, leaf in enumerate(footer.leaves) if leaf.split(".", 1)[0] in tops]
    limits = _limits(footer, parts, wanted, restrictions)
    metadata = footer.metadata
    total = 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        if all(_group_may_match(group.column(at), kind, allowed) for at, kind, allowed in limits):
            total += sum(group.column(index).total_compressed_size for index in chunks)
    return total


def _limits(
    footer: Footer,
    parts: tuple[FileColumn, ...],
    wanted: Sequence[NestedField],
    restrictions: Restrictions,
) -> list[tuple[int, PrimitiveType, Allowed]]:
    """(chunk index, type, what is allowed) of each restricted plain column of the file."""
    kinds = {field.field_id: field.field_type for field in wanted}
    leaves = {leaf: index for index, leaf in enumerate(footer.leaves)}
    found = []
    for part in parts:
        kind = kinds.get(part.id) if part.id is not None else None
        allowed = restrictions.get(part.id) if part.id is not None else None
        if allowed is not None and isinstance(kind, PrimitiveType) and part.name in leaves:
            found.append((leaves[part.name], kind, allowed))
    return found


def _group_may_match(chunk: object, kind: PrimitiveType, allowed: Allowed) -> bool:
    statistics = getattr(chunk, "statistics", None)
    if statistics is None:
        return True
    if allowed.null and (not statistics.has_null_count or statistics.null_count):
        return True
    if not statistics.has_min_max:
        return True
    low, high = raw_value(kind, statistics, "min"), raw_value(kind, statistics, "max")
    return low is None or high is None or allowed.may_match(low, high)
