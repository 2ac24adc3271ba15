"""The protocol of a batch: data, then manifest, then `_SUCCESS`; and how to check it.

A batch is one data file, because S3 shows an object whole or not at all: whoever reads raw while
a batch is written sees all of it or nothing. Every name is a function of feed and date, and
every byte of the stage, so a run that was killed anywhere and is repeated writes the same
objects again. Names that begin with `_` are hidden from Athena. See docs/adr/0004.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lakehouse.contracts import TECHNICAL_COLUMNS, Contract
from lakehouse.contracts.lake import Lake
from lakehouse.contracts.tables import feed_prefix
from lakehouse.contracts.technical import BATCHES, REJECTED_ROWS, Note
from lakehouse.errors import ManifestError
from lakehouse.landing.door import REJECTED_SCHEMA, Admission
from lakehouse.landing.model import FileFacts, Manifest
from lakehouse.landing.store import Bucket
from lakehouse.landing.values import arrow_type

MANIFEST = "_manifest.json"
SUCCESS = "_SUCCESS"
REJECTED = "_rejected.parquet"


class Publication:
    """The folder of one business date of a feed in the raw bucket.

    `find` comes first: it lists what an earlier run left, which the others then clear away.
    """

    def __init__(self, lake: Lake, contract: Contract, business_date: date, run_id: str) -> None:
        self.raw = Bucket(lake.s3, lake.bucket("raw"))
        self.ops = Bucket(lake.s3, lake.bucket("ops"))
        self.run_id = run_id
        self._found: set[str] = set()
        self._day = business_date.isoformat()
        self.prefix = f"{feed_prefix(contract)}ingest_date={self._day}/"
        self.data_key = f"{self.prefix}{run_id}.parquet"
        self.rejected_key = self.prefix + REJECTED
        self.rejected_copy_key = self._note_key(REJECTED_ROWS, contract.feed)
        self.batch_key = self._note_key(BATCHES, contract.feed)

    def _note_key(self, note: Note, feed: str) -> str:
        return f"{note.folder_of(feed)}ingest_date={self._day}/{self.run_id}.parquet"

    def find(self) -> tuple[Manifest | None, bool]:
        """The manifest that is there, and whether `_SUCCESS` confirms it.

        Raises:
            ManifestError: `_SUCCESS` confirms another manifest than the one that is there.
        """
        self._found = set(self.raw.list(self.prefix))
        content = self._get_found(self.prefix + MANIFEST)
        success = self._get_found(self.prefix + SUCCESS)
        if content is None:
            if success is not None:
                raise ManifestError(
                    self.run_id,
                    f"{self.raw.uri(self.prefix)} has {SUCCESS} and no {MANIFEST}: restore it",
                )
            return None, False
        if success is not None and success.decode("ascii", "replace").strip() != _digest(content):
            raise ManifestError(
                self.run_id,
                f"{self.raw.uri(self.prefix + MANIFEST)} was altered after publication: its "
                f"SHA-256 is not the one in {SUCCESS}. Restore it",
            )
        return Manifest.from_json(content, self.run_id), success is not None

    def _get_found(self, key: str) -> bytes | None:
        return self.raw.get(key) if key in self._found else None

    def _delete_found(self, key: str) -> None:
        if key in self._found:
            self.raw.delete(key)

    def hold(self, manifest: Manifest, admission: Admission) -> None:
        """Keep rejects and manifest of a batch that may not be published; no data is visible."""
        self._delete_found(self.data_key)
        self._put_rejected(admission)
        self.ops.put(self.batch_key, batch_parquet(manifest))
        self.raw.put(self.prefix + MANIFEST, manifest.to_json())

    def withdraw(self) -> None:
        """Say of a published batch that it is being replaced: what it shows stays, unconfirmed."""
        self.raw.delete(self.prefix + SUCCESS)

    def publish(self, manifest: Manifest, data: bytes | None, admission: Admission) -> None:
        """Write the batch in the order of the protocol and check it before it counts.

        Raises:
            ManifestError: counts do not add up (nothing was written), or what S3 holds is not
                what was promised (the data is taken back).
        """
        require_counts(manifest)
        self._put_rejected(admission)
        if data is None:
            self._delete_found(self.data_key)
        else:
            self.raw.put(self.data_key, data)
        content = manifest.to_json()
        self.raw.put(self.prefix + MANIFEST, content)
        problems = find_mismatches(manifest, self.raw.s3, roles=("data", "rejected"))
        if problems:
            self.raw.delete(self.data_key)
            raise ManifestError(self.run_id, "not published: " + "; ".join(problems))
        self.ops.put(self.batch_key, batch_parquet(manifest))
        self.raw.put(self.prefix + SUCCESS, f"{_digest(content)}\n".encode("ascii"))

    def _put_rejected(self, admission: Admission) -> None:
        if admission.rejected.num_rows == 0:
            # The copy is written after the rejects and removed before them.
            if self.rejected_key in self._found:
                self.ops.delete(self.rejected_copy_key)
                self.raw.delete(self.rejected_key)
            return
        content = rejected_parquet(admission, self.run_id)
        self.raw.put(self.rejected_key, content)
        self.ops.put(self.rejected_copy_key, content)


def data_parquet(
    admission: Admission, contract: Contract, run_id: str, ingested_at: datetime
) -> bytes | None:
    """The batch as Parquet, its columns in the order of the raw table; None without rows."""
    size = admission.rows.num_rows
    if size == 0:
        return None
    millis = int(ingested_at.astimezone(UTC).timestamp() * 1_000)
    filled: dict[str, Any] = {
        "_ingested_at": pa.array(np.full(size, millis), pa.int64()).cast(pa.timestamp("ms")),
        "_run_id": pa.DictionaryArray.from_arrays(
            pa.array(np.zeros(size, dtype=np.int32)), pa.array([run_id], pa.string())
        ).cast(pa.string()),
    }
    schema = pa.schema(
        [(column.name, arrow_type(column.type)) for column in contract.columns]
        + [(column.name, arrow_type(column.type)) for column in TECHNICAL_COLUMNS]
    )
    columns = [
        filled[name] if name in filled else admission.rows[name].cast(schema.field(name).type)
        for name in schema.names
    ]
    return _to_parquet(pa.table(columns, schema=schema))


def rejected_parquet(admission: Admission, run_id: str) -> bytes:
    """The refused rows as Parquet, in the order of the table of rejected rows."""
    rows = admission.rejected
    run_ids = pa.array([run_id] * rows.num_rows, pa.string())
    return _to_parquet(
        rows.append_column("run_id", run_ids).select(REJECTED_SCHEMA.names).cast(REJECTED_SCHEMA)
    )


def batch_parquet(manifest: Manifest) -> bytes:
    """What the manifest says of the batch's rows, as the one row that the table of batches has."""
    facts = {
        **manifest.to_dict(),
        "written_count": manifest.written_count if manifest.state == "published" else 0,
    }
    columns = [(c.name, arrow_type(c.type)) for c in BATCHES.columns if c.name != "feed"]
    schema = pa.schema(columns)
    return _to_parquet(pa.table({name: [facts[name]] for name in schema.names}, schema=schema))


def _to_parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", version="2.6", store_schema=False)
    return sink.getvalue()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def file_facts(role: Any, uri: str, content: bytes, row_count: int) -> FileFacts:
    """The facts of a file out of its bytes."""
    return FileFacts(role, uri, len(content), row_count, _digest(content))


def require_counts(manifest: Manifest) -> None:
    """Raise ManifestError unless read = written + rejected, and the files and rules agree."""
    problems = find_count_problems(manifest)
    if problems:
        raise ManifestError(manifest.run_id, "not published: " + "; ".join(problems))


def find_count_problems(manifest: Manifest) -> list[str]:
    """One sentence for each sum in the manifest that does not come out."""
    read, written, rejected = (
        manifest.read_count,
        manifest.written_count,
        manifest.rejected_count,
    )
    of_rules = sum(manifest.rejected_by_rule.values())
    in_files: Mapping[str, int] = {
        role: sum(file.row_count for file in manifest.files if file.role == role)
        for role in ("data", "rejected")
    }
    problems = []
    if read != written + rejected:
        problems.append(f"read {read} is not written {written} + rejected {rejected}")
    if rejected != of_rules:
        problems.append(f"rejected {rejected} is not the sum over rules {of_rules}")
    if manifest.state == "published" and in_files["data"] != written:
        problems.append(f"written {written} is not the sum over data files {in_files['data']}")
    if in_files["rejected"] != rejected:
        problems.append(
            f"rejected {rejected} is not the sum over reject files {in_files['rejected']}"
        )
    return problems


def find_mismatches(
    manifest: Manifest, s3: Any, *, roles: tuple[str, ...] = ("stage", "data", "rejected")
) -> list[str]:
    """One sentence for each file that is missing or differs in size, checksum or rows."""
    problems = []
    for file in manifest.files:
        if file.role not in roles:
            continue
        bucket, _, key = file.uri.removeprefix("s3://").partition("/")
        content = Bucket(s3, bucket).get(key)
        if content is None:
            problems.append(f"{file.uri} is missing")
            continue
        if len(content) != file.size_bytes:
            problems.append(
                f"{file.uri} has {len(content)} bytes, the manifest says {file.size_bytes}"
            )
        elif _digest(content) != file.sha256:
            problems.append(
                f"{file.uri} has SHA-256 {_digest(content)}, the manifest says {file.sha256}"
            )
        elif file.role != "stage":
            rows = pq.read_metadata(io.BytesIO(content)).num_rows
            if rows != file.row_count:
                problems.append(f"{file.uri} has {rows} rows, the manifest says {file.row_count}")
    return problems
