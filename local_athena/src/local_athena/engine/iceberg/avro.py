"""Avro files of metadata (manifests, manifest lists), encoded by fastavro.

PyIceberg encodes in Python, field by field; the schema and its field ids stay PyIceberg's.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from io import BytesIO
from types import TracebackType
from typing import Any, Literal, Self

from fastavro import parse_schema
from fastavro.write import Writer
from pyiceberg.io import OutputFile
from pyiceberg.manifest import DATA_FILE_TYPE, MANIFEST_ENTRY_SCHEMAS, MANIFEST_LIST_FILE_SCHEMAS
from pyiceberg.schema import Schema, make_compatible_name
from pyiceberg.typedef import Record
from pyiceberg.types import (
    IcebergType,
    ListType,
    MapType,
    NestedField,
    StructType,
    UUIDType,
)
from pyiceberg.utils.schema_conversion import AvroSchemaConversion

CODEC: Literal["deflate"] = "deflate"
_VERSION: Literal[2] = 2
_PARTITION, _DATA_FILE = 102, 2
Convert = Callable[[Any], Any]


class RecordForm:
    """How records of one Iceberg struct are written: the Avro schema and the values' form."""

    def __init__(self, fields: Sequence[NestedField], name: str) -> None:
        struct = Schema(*fields)
        self.schema = parse_schema(AvroSchemaConversion().iceberg_to_avro(struct, name))
        self.convert = _struct_conversion(struct.as_struct())


@lru_cache(maxsize=1)
def manifest_list_form() -> RecordForm:
    """The form of the records of a manifest list (format version 2)."""
    return RecordForm(MANIFEST_LIST_FILE_SCHEMAS[_VERSION].fields, "manifest_file")


@lru_cache(maxsize=256)
def manifest_entry_form(partition: StructType) -> RecordForm:
    """The form of a manifest's entries (format version 2) for files of that partition type."""
    file = StructType(*_with(DATA_FILE_TYPE[_VERSION].fields, _PARTITION, partition))
    entry = _with(MANIFEST_ENTRY_SCHEMAS[_VERSION].fields, _DATA_FILE, file)
    return RecordForm(entry, "manifest_entry")


def _with(fields: Sequence[NestedField], number: int, kind: StructType) -> list[NestedField]:
    """The fields, the one with that id of another type."""
    return [
        NestedField(number, found.name, kind, required=True, doc=found.doc)
        if found.field_id == number
        else found
        for found in fields
    ]


def _conversion(kind: IcebergType) -> Convert | None:
    """What makes a value of the type one that fastavro takes; None: it is one already."""
    match kind:
        case StructType():
            return _struct_conversion(kind)
        case ListType():
            element = _conversion(kind.element_type)
            return list if element is None else lambda values: [element(value) for value in values]
        case MapType():
            return lambda entries: [{"key": key, "value": value} for key, value in entries.items()]
        case UUIDType():
            return lambda value: value.bytes
    return None


def _struct_conversion(kind: StructType) -> Convert:
    parts = [
        (make_compatible_name(field.name), _conversion(field.field_type)) for field in kind.fields
    ]

    def convert(record: Record) -> dict[str, Any]:
        return {
            name: value if part is None or value is None else part(value)
            for (name, part), value in zip(parts, record._data, strict=True)
        }

    return convert


class AvroOutput:
    """A file of records that becomes an object when the block ends; none when it raises.

    It stands where PyIceberg's writers of manifests keep their `AvroOutputFile`.
    """

    def __init__(self, output_file: OutputFile, form: RecordForm, metadata: dict[str, str]) -> None:
        self.output_file = output_file
        self._form = form
        self._bytes = BytesIO()
        self._writer = Writer(self._bytes, form.schema, codec=CODEC, metadata=dict(metadata))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            return
        self._writer.flush()
        with self.output_file.create(overwrite=True) as stream:
            stream.write(self._bytes.getvalue())

    def write_block(self, records: Sequence[Record]) -> None:
        """Add records; blocks are as large as fastavro makes them."""
        convert = self._form.convert
        for record in records:
            self._writer.write(convert(record))

    def tell(self) -> int:
        """Bytes so far that are not waiting for their block's end."""
        return self._bytes.tell()
