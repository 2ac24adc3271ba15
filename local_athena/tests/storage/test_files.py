"""The object store: atomic publication, listing in key order, keys that are also folders."""

import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from local_athena.errors import InvalidUriError, NoSuchBucketError, NoSuchObjectError
from local_athena.storage.files import FileStore, split_uri


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    made = FileStore(tmp_path / "s3", tmp_path / "tmp")
    made.ensure_bucket("lake")
    return made


def put(store: FileStore, uri: str, text: str = "x") -> None:
    with store.new_file(uri) as path:
        path.write_text(text)


def keys(store: FileStore, prefix: str) -> list[str]:
    return [found.uri.removeprefix("s3://lake/") for found in store.list(prefix)]


@pytest.mark.parametrize("uri", ["http://x/y", "s3://", "s3:///k", "/tmp/x", "s3://../x"])
def test_split_uri__not_a_location__is_refused(uri: str) -> None:
    with pytest.raises(InvalidUriError):
        split_uri(uri)


def test_split_uri__hadoop_schemes__are_the_same() -> None:
    assert split_uri("s3a://b/k/l") == split_uri("s3n://b/k/l") == ("b", "k/l")


def test_new_file__block_raises__publishes_nothing(store: FileStore) -> None:
    def write_half() -> None:
        with store.new_file("s3://lake/a") as path:
            path.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert not store.exists("s3://lake/a")
    assert list(store.temporary.iterdir()) == []


def test_new_file__no_bucket__is_refused_before_writing(store: FileStore) -> None:
    with pytest.raises(NoSuchBucketError), store.new_file("s3://other/a"):
        raise AssertionError("the block must not run")


def test_new_file__object_exists__is_replaced_whole(store: FileStore) -> None:
    put(store, "s3://lake/a", "old")
    with store.new_file("s3://lake/a") as path:
        path.write_text("new")
        assert store.path("s3://lake/a").read_text() == "old"
    assert store.path("s3://lake/a").read_text() == "new"


def test_list__keys_around_the_slash__come_in_byte_order(store: FileStore) -> None:
    wanted = ["a", "a!", "a-b", "a.txt", "a/b", "a/c/d", "a0", "é"]
    for key in reversed(wanted):
        put(store, f"s3://lake/{key}")
    assert keys(store, "s3://lake/") == sorted(wanted, key=str.encode) == wanted
    assert keys(store, "s3://lake/a/") == ["a/b", "a/c/d"]
    assert keys(store, "s3://lake/a-") == ["a-b"]
    assert keys(store, "s3://nowhere/") == []


@pytest.mark.parametrize("order", [["a", "a/b"], ["a/b", "a"]])
def test_path__key_is_also_a_folder__both_are_kept(store: FileStore, order: list[str]) -> None:
    for key in order:
        put(store, f"s3://lake/{key}", key)
    for key in order:
        assert store.path(f"s3://lake/{key}").read_text() == key
        assert store.uri(store.path(f"s3://lake/{key}")) == f"s3://lake/{key}"
    assert keys(store, "s3://lake/") == ["a", "a/b"]
    assert store.delete("s3://lake/a/b")
    assert keys(store, "s3://lake/") == ["a"]


def test_delete__last_file_of_a_folder__removes_the_folder(store: FileStore) -> None:
    put(store, "s3://lake/x/y/z")
    assert store.delete("s3://lake/x/y/z")
    assert not store.delete("s3://lake/x/y/z")
    assert list((store.root / "lake").iterdir()) == []


def test_delete_prefix__half_a_name__removes_only_that(store: FileStore) -> None:
    for key in ("t/a1", "t/a2/x", "t/b"):
        put(store, f"s3://lake/{key}")
    assert store.delete_prefix("s3://lake/t/a") == 2
    assert keys(store, "s3://lake/") == ["t/b"]


def test_size__missing_object__is_an_error(store: FileStore) -> None:
    with pytest.raises(NoSuchObjectError):
        store.size("s3://lake/none")


def test_place__folders_removed_meanwhile__still_publishes(store: FileStore) -> None:
    """Writers and deleters of one folder do not trip over each other."""
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for _ in range(150):
                put(store, f"s3://lake/deep/er/{name}")
                store.delete(f"s3://lake/deep/er/{name}")
        except Exception as error:  # noqa: BLE001  (whatever it is, the test shows it)
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


key_text = st.text(st.sampled_from("ab/.-%é0"), min_size=1, max_size=8)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(chosen=st.sets(key_text, max_size=12), prefix=st.text(st.sampled_from("ab/."), max_size=3))
def test_list__any_keys__equals_a_sorted_set(
    tmp_path_factory: pytest.TempPathFactory, chosen: set[str], prefix: str
) -> None:
    base = tmp_path_factory.mktemp("any")
    store = FileStore(base / "s3", base / "tmp")
    store.ensure_bucket("lake")
    for key in chosen:
        put(store, f"s3://lake/{key}", key)
    expected = sorted((key for key in chosen if key.startswith(prefix)), key=str.encode)
    assert keys(store, f"s3://lake/{prefix}") == expected
    for found in store.list("s3://lake/"):
        assert found.path.read_text() == found.uri.removeprefix("s3://lake/")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    chosen=st.sets(key_text, min_size=1, max_size=12),
    prefixes=st.lists(st.text(st.sampled_from("ab/."), max_size=4), min_size=1, max_size=12),
)
def test_looking__any_prefixes__are_looked_for_as_one_by_one(
    tmp_path_factory: pytest.TempPathFactory, chosen: set[str], prefixes: list[str]
) -> None:
    base = tmp_path_factory.mktemp("looking")
    store = FileStore(base / "s3", base / "tmp")
    store.ensure_bucket("lake")
    for key in chosen:
        put(store, f"s3://lake/{key}", key)
    prefixes += [f"{key}/" for key in chosen] + [key.rpartition("/")[0] + "/" for key in chosen]
    may_hold = store.looking()
    for prefix in (f"s3://lake/{text}" for text in prefixes):
        assert may_hold(prefix) == store.may_hold(prefix)
        assert may_hold(prefix) or list(store.list(prefix)) == []


def test_looking__long_segment_or_missing_bucket__is_told_as_it_is(store: FileStore) -> None:
    long = "é" * 200
    put(store, f"s3://lake/day/{long}/part")
    may_hold = store.looking()
    assert may_hold(f"s3://lake/day/{long}/")
    assert not may_hold(f"s3://lake/day/{long}x/")
    assert not may_hold("s3://other/day/")
    with pytest.raises(InvalidUriError):
        may_hold("/tmp/day/")


@pytest.mark.parametrize("bucket", ["..", ".", "A", "a*b", "a/b", "a" * 64, "é", "", "-a", "a[b]"])
def test_ensure_bucket__name_that_s3_has_not__is_refused(store: FileStore, bucket: str) -> None:
    with pytest.raises(InvalidUriError):
        store.ensure_bucket(bucket)
    assert not store.bucket_exists(bucket)


@pytest.mark.parametrize(
    "key",
    [
        "../../etc/passwd",
        "a/../../b",
        "/etc/passwd",
        "..",
        "a\0b",
        "a\\..\\b",
        "é/ü",
        "a//b",
        "A/a",
    ],
)
def test_path__hostile_key__stays_below_its_bucket(
    store: FileStore, key: str, tmp_path: Path
) -> None:
    with store.new_file(f"s3://lake/{key}") as path:
        path.write_text(key)
    found = store.path(f"s3://lake/{key}")
    assert (tmp_path / "s3" / "lake").resolve() in found.resolve().parents
    assert [one.uri for one in store.list("s3://lake/")] == [f"s3://lake/{key}"]


def test_key__too_long_for_the_file_system__is_refused_by_name(store: FileStore) -> None:
    with (
        pytest.raises(InvalidUriError, match="too long"),
        store.new_file("s3://lake/" + "/" * 1000),
    ):
        pass


def test_symbolic_link__in_the_store__is_no_object(store: FileStore, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("x")
    bucket = tmp_path / "s3" / "lake"
    (bucket / "folder").symlink_to(outside)
    (bucket / "file").symlink_to(outside / "secret")
    (tmp_path / "s3" / "linked").symlink_to(outside)
    assert list(store.list("s3://lake/")) == []
    assert list(store.list("s3://lake/folder/")) == []
    assert not store.bucket_exists("linked")
    for key in ("folder/secret", "file"):
        with pytest.raises(InvalidUriError, match="symbolic link"):
            store.path(f"s3://lake/{key}")
