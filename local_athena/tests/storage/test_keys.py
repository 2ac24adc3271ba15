"""Keys on disk: every key comes back, no two share a path, names fit a file system."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_athena.storage.keys import EMPTY, FILE, MORE, decode_path, encode_key

AWKWARD = [
    "plain/key.csv", "a//b", "folder/", "/lead", ".", "..", "a/../b", "50%", "%2E", "a*b?[c]",
    "new\nline", "tab\t", "é/ü/日本", "x" * 300, "日" * 200 + "/y", "a%file", "%empty", "b%more",
    "with space + plus", "ingest_date=2026-06-01/part-0.parquet", "a/" + "%" * 200,
]  # fmt: skip


@pytest.mark.parametrize("key", AWKWARD)
def test_encode_key__awkward_key__comes_back(key: str) -> None:
    assert decode_path(encode_key(key)) == key


def test_encode_key__ordinary_key__looks_the_same() -> None:
    key = "order_management/orders/ingest_date=2026-06-01/run_id=r1/part-0.parquet"
    assert encode_key(key) == key


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400))
def test_encode_key__any_key__is_reversible_and_fits(key: str) -> None:
    path = encode_key(key)
    assert decode_path(path) == key
    for name in path.split("/"):
        assert name not in ("", ".", "..")
        assert len((name.removesuffix(MORE) + FILE).encode()) <= 255
        assert "\0" not in name


@given(st.lists(st.text(st.sampled_from("a/%.e"), min_size=1, max_size=6), min_size=2, unique=True))
def test_encode_key__different_keys__have_different_paths(keys: list[str]) -> None:
    assert len({encode_key(key) for key in keys}) == len(keys)


def test_encode_key__empty_segments__have_a_name() -> None:
    assert encode_key("a//") == f"a/{EMPTY}/{EMPTY}"
