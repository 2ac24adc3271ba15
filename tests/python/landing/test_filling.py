"""The door works while a delivery comes; what it made of it is what the complete delivery says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import date
from typing import Any

import pyarrow.parquet as pq
import pytest

import lakehouse.landing.intake as intake
import lakehouse.landing.stage as stage_module
from lakehouse.contracts import Lake
from lakehouse.errors import SourceSchemaError
from lakehouse.landing.draft import Draft
from lakehouse.landing.filling import Filling
from lakehouse.landing.stage import Delivery, Stage
from lakehouse.landing.store import Bucket

DAY = date(2026, 6, 1)
HEADER = "seller_id,seller_zip_code_prefix,seller_city,seller_state,seller_name,seller_cnpj\n"


def part(*sellers: str) -> bytes:
    return (HEADER + "".join(f"{name},01001,são paulo,SP,,\n" for name in sellers)).encode()


PARTS = {"part-1.csv": part("a", "b"), "part-2.csv": part("c", "a"), "part-3.csv": part("b", "d")}
ENTERED = ["a", "b", "c", "d"]
REPEATED = [("part-2.csv", 2), ("part-3.csv", 1)]


class Shop:
    """A stage and who fills a draft out of it."""

    def __init__(self, lake: Lake, stack: ExitStack) -> None:
        contract = lake.contract("sellers")
        self.stage = Stage(Bucket(lake.s3, lake.bucket("stage")), contract, DAY, "run")
        self.stage.clear()
        self.fetched: list[str] = []
        self.filling = stack.enter_context(Filling(contract, DAY, self.stage))
        self.filling.follow("csv")
        fetched = self.fetched

        def note(params: dict[str, Any], **_: Any) -> None:
            fetched.append(params["url_path"].rpartition("/")[2])

        lake.s3.meta.events.register("before-call.s3.GetObject", note, unique_id="fetched")
        stack.callback(lake.s3.meta.events.unregister, "before-call.s3.GetObject", None, "fetched")

    def put(self, names: Sequence[str] = tuple(PARTS)) -> None:
        for name in names:
            self.stage.put(name, PARTS[name])

    def begun(self) -> Draft | None:
        """What is being filled while files come."""
        ahead = self.filling._ahead
        return ahead.draft if ahead is not None else None

    def finish(self) -> Draft:
        draft, _ = self.filling.finish(Delivery("csv", self.stage.checksums(), {}))
        return draft


@pytest.fixture
def shop(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(intake, "CHUNK_BYTES", 1)  # a part is a chunk
    with ExitStack() as stack:
        yield Shop(lake, stack)


def rows_of(draft: Draft) -> tuple[list[str], list[tuple[str, int]]]:
    """The sellers that entered, and file and number of the rows that are repeats."""
    assert draft.data is not None
    entered = pq.read_table(draft.data.rewound())["seller_id"].to_pylist()
    if draft.rejected is None:
        return entered, []
    refused = pq.read_table(draft.rejected.rewound()).to_pylist()
    assert {row["rule"] for row in refused} == {"duplicate_row"}
    return entered, [(row["source_file"].rpartition("/")[2], row["row_number"]) for row in refused]


def test_filling__parts_that_follow_each_other__are_taken_from_memory(shop: Shop) -> None:
    shop.put()
    begun = shop.begun()
    draft = shop.finish()
    assert draft is begun
    assert rows_of(draft) == (ENTERED, REPEATED)
    assert (draft.read_count, draft.written_count) == (6, 4)
    # Texts of the chunks above are asked for once more, because a hash came twice.
    assert set(shop.fetched) <= {"part-1.csv", "part-2.csv"}


def test_filling__no_row_twice_and_all_in_memory__fetches_nothing(shop: Shop) -> None:
    shop.put(["part-1.csv"])
    assert rows_of(shop.finish()) == (["a", "b"], [])
    assert shop.fetched == []


@pytest.mark.parametrize("held", [0, len(PARTS["part-1.csv"]) + 1])
def test_filling__more_than_may_be_held__is_fetched(
    shop: Shop, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage_module, "_FRESH_BYTES", held)
    shop.put()
    assert rows_of(shop.finish()) == (ENTERED, REPEATED)
    assert "part-3.csv" in shop.fetched or held


def again(shop: Shop) -> None:
    """A source that failed after two parts, and was asked once more."""
    shop.stage.put("part-1.csv", part("x", "y"))
    shop.stage.put("part-2.csv", part("z"))
    shop.stage.clear()
    shop.put()


def out_of_order(shop: Shop) -> None:
    shop.put(["part-2.csv", "part-1.csv", "part-3.csv"])


def told_later(shop: Shop) -> None:
    """Two connections, of which the second one is quicker."""
    for name in ("part-2.csv", "part-1.csv", "part-3.csv"):
        shop.stage.put(name, PARTS[name], is_next=False)
    shop.stage.tell(*PARTS)


def resumed(shop: Shop) -> None:
    """A killed run had stored the first part."""
    shop.stage._bucket.put(shop.stage.key("part-1.csv"), PARTS["part-1.csv"])
    shop.stage._known = None
    shop.put(["part-2.csv", "part-3.csv"])


def stored_twice(shop: Shop) -> None:
    shop.put(["part-1.csv"])
    shop.put()


@pytest.mark.parametrize(
    ("deliver", "is_used"),
    [(again, True), (told_later, True), (out_of_order, False), (resumed, False),
     (stored_twice, False)],
)  # fmt: skip
def test_filling__whatever_way_it_came__is_the_delivery_in_its_order(
    shop: Shop, deliver: Callable[[Shop], None], *, is_used: bool
) -> None:
    deliver(shop)
    begun = shop.begun()
    draft = shop.finish()
    assert rows_of(draft) == (ENTERED, REPEATED)
    assert (draft is begun) == is_used


def test_filling__another_reader_than_was_expected__reads_the_stage(shop: Shop) -> None:
    shop.filling.follow("json_lines")
    shop.put()
    assert rows_of(shop.finish()) == (ENTERED, REPEATED)


def test_filling__a_file_that_cannot_be_read__is_an_error_when_all_have_come(shop: Shop) -> None:
    shop.stage.put("part-1.csv", b"seller_id\na\n")
    shop.stage.put("part-2.csv", PARTS["part-2.csv"])
    with pytest.raises(SourceSchemaError, match=r"part-1\.csv lacks the columns"):
        shop.finish()


def test_filling__a_source_that_fails__leaves_no_thread_behind(lake: Lake) -> None:
    with ExitStack() as stack:
        shop = Shop(lake, stack)
        shop.put()
        thread = shop.filling._thread
    assert not any(each.is_alive() for each in thread._threads)
