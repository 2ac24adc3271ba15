"""The protocol of a batch: data, then manifest, then `_SUCCESS`.

A batch is one data file, because S3 shows an object whole or not at all: whoever reads raw while
a batch is written sees all of it or nothing. Every name is a function of feed and date, and
every byte of the stage, so a run that was killed anywhere and is repeated writes the same
objects again. Names that begin with `_` are hidden from Athena. See docs/adr/0004, 0014 and 0018.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from lakehouse.contracts import Contract
from lakehouse.contracts.lake import Lake
from lakehouse.contracts.tables import feed_prefix
from lakehouse.contracts.technical import BATCHES, REJECTED_ROWS, Note
from lakehouse.errors import FeedClaimedError, LandingError, ManifestError
from lakehouse.landing.claim import Fence
from lakehouse.landing.draft import Draft, DraftFile
from lakehouse.landing.model import FileFacts, Manifest
from lakehouse.landing.store import Bucket, OvertakenError
from lakehouse.landing.values import arrow_type
from lakehouse.landing.verify import digest_of, find_mismatches, is_confirmed_by, require_counts
from lakehouse.shared_state import succeeding

MANIFEST = "_manifest.json"
SUCCESS = "_SUCCESS"
REJECTED = "_rejected.parquet"
RESTORE = "restore it, or rebuild the batch from its stage with `lakehouse land --replay`"


class Publication:
    """The folder of one business date of a feed in the raw bucket.

    `find` comes first: it lists what an earlier run left, which the others then replace. Who only
    looks has no `claim`.
    """

    def __init__(
        self,
        lake: Lake,
        contract: Contract,
        business_date: date,
        run_id: str,
        claim: Fence | None = None,
    ) -> None:
        self.raw = Bucket(lake.s3, lake.bucket("raw"))
        self.ops = Bucket(lake.s3, lake.bucket("ops"))
        self.run_id = run_id
        self._claim = claim
        self._found: dict[str, str] = {}
        self._noted: dict[str, str] = {}
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
        self._found = self.raw.versions(self.prefix)
        if self._claim is not None:
            copies = (self.batch_key, self.rejected_copy_key)
            self._noted = {
                key: tag for copy in copies for key, tag in self.ops.versions(copy).items()
            }
        content = self._get_found(self.prefix + MANIFEST)
        success = self._get_found(self.prefix + SUCCESS)
        if content is None:
            if success is not None:
                raise ManifestError(
                    self.run_id,
                    f"{self.raw.uri(self.prefix)} has {SUCCESS} and no {MANIFEST}: {RESTORE}",
                )
            return None, False
        if success is not None and not is_confirmed_by(content, success):
            raise ManifestError(
                self.run_id,
                f"{self.raw.uri(self.prefix + MANIFEST)} was altered after publication: its "
                f"SHA-256 is not the one in {SUCCESS}. {RESTORE.capitalize()}",
            )
        return Manifest.from_json(content, self.run_id), success is not None

    def _get_found(self, key: str) -> bytes | None:
        return self.raw.get(key) if key in self._found else None

    def _delete_found(self, key: str) -> None:
        if key in self._found:
            self.raw.delete(key)
            del self._found[key]

    def hold(self, manifest: Manifest, rejected: DraftFile | None) -> None:
        """Keep rejects and manifest of a batch that may not be published; no data is visible.

        Raises:
            FeedClaimedError: another loader has taken the feed over.
        """
        self._confirm()
        with self._as_found():
            self._delete_found(self.data_key)
            self._put_rejected(rejected)
            self._note(manifest)
            self._put(self.prefix + MANIFEST, manifest.to_json())

    def withdraw(self) -> None:
        """Say of a batch that it is being replaced: what it shows stays, unconfirmed.

        Raises:
            FeedClaimedError: another loader has taken the feed over.
        """
        self._confirm()
        self._delete_found(self.prefix + SUCCESS)

    def publish(self, manifest: Manifest, draft: Draft) -> None:
        """Write the batch in the order of the protocol and check it before it counts.

        Each object is written as the successor of what `find` saw, so a loader that lost its claim
        without noticing alters nothing that another one wrote since.

        Raises:
            ManifestError: counts do not add up (nothing was written), or what S3 holds is not
                what was promised (the data is taken back).
            FeedClaimedError: another loader has taken the feed over; its batch stays as it is.
        """
        require_counts(manifest)
        content = manifest.to_json()
        self._confirm()
        with self._as_found():
            self._put_rejected(draft.rejected)
            if draft.data is None:
                self._delete_found(self.data_key)
            else:
                self._put_file(self.data_key, draft.data)
            self._put(self.prefix + MANIFEST, content)
            problems = find_mismatches(manifest, self.raw.s3, roles=("data", "rejected"))
            self._confirm()
            if problems:
                self.raw.delete(self.data_key)
                raise ManifestError(self.run_id, "not published: " + "; ".join(problems))
            self._note(manifest)
            self._put(self.prefix + SUCCESS, f"{digest_of(content)}\n".encode("ascii"))

    def _confirm(self) -> None:
        if self._claim is None:
            raise LandingError(self.run_id, "was not claimed, so nothing of it may be written")
        self._claim.confirm()

    def _note(self, manifest: Manifest) -> None:
        condition = succeeding(self._noted.get(self.batch_key))
        self.ops.put(self.batch_key, batch_parquet(manifest), condition)

    def _put(self, key: str, content: bytes) -> None:
        self.raw.put(key, content, succeeding(self._found.get(key)))

    def _put_file(self, key: str, file: DraftFile) -> None:
        self.raw.put_file(key, file.rewound(), succeeding(self._found.get(key)))

    @contextmanager
    def _as_found(self) -> Iterator[None]:
        """Give up where another loader wrote an object since `find`."""
        try:
            yield
        except OvertakenError as error:
            raise FeedClaimedError(
                self.run_id,
                f"another loader wrote {error} meanwhile: this one gives up. Look at it with "
                "`lakehouse runs` and `lakehouse land --verify`",
            ) from error

    def find_damage(self, manifest: Manifest) -> list[str]:
        """What raw does not hold as a manifest promises it, one sentence each."""
        return find_mismatches(manifest, self.raw.s3, roles=("data", "rejected"))

    def require_gain(self, draft: Draft) -> None:
        """Refuse a draft that refuses rows which are not among those refused before.

        Raises:
            LandingError: with their number.
        """
        if self.data_key not in self._found:
            return  # none had entered
        before = self._get_found(self.rejected_key)
        lost = _places(draft.rejected.rewound() if draft.rejected else None) - _places(
            io.BytesIO(before) if before is not None else None
        )
        if lost:
            raise LandingError(
                self.run_id,
                f"nothing was changed: {len(lost)} rows that had entered would be refused now, "
                f"such as row {min(lost)[1]} of {min(lost)[0]}. If that is meant, use `lakehouse "
                "reprocess`",
            )

    def files_of(self, draft: Draft) -> list[FileFacts]:
        """The facts of a draft's files, at the places where they will lie."""
        files = []
        if draft.data is not None:
            files.append(draft.data.facts("data", self.raw.uri(self.data_key)))
        if draft.rejected is not None:
            files.append(draft.rejected.facts("rejected", self.raw.uri(self.rejected_key)))
        return files

    def _put_rejected(self, rejected: DraftFile | None) -> None:
        if rejected is None:
            # The copy is written after the rejects and removed before them.
            if self.rejected_key in self._found:
                self.ops.delete(self.rejected_copy_key)
                self.raw.delete(self.rejected_key)
            return
        self._put_file(self.rejected_key, rejected)
        condition = succeeding(self._noted.get(self.rejected_copy_key))
        self.ops.put_file(self.rejected_copy_key, rejected.rewound(), condition)


def _places(rejects: IO[bytes] | None) -> set[tuple[str, int]]:
    """(file, row number) of refused rows."""
    if rejects is None:
        return set()
    table = pq.read_table(rejects, columns=["source_file", "row_number"])
    return set(zip(*(table[name].to_pylist() for name in table.column_names), strict=True))


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
