"""Data folders: one server at a time, clear refusals."""

import os
from pathlib import Path

import pytest
from local_athena.errors import DataFolderError, FolderLockedError, FolderNotWritableError
from local_athena.storage.folder import DataFolder, live_endpoint, looks_like_data_folder


def test_open__second_time__names_the_server(tmp_path: Path) -> None:
    first = DataFolder.open(tmp_path / "data")
    first.announce("127.0.0.1", 4566)
    with pytest.raises(FolderLockedError, match=rf"pid {os.getpid()}, http://127.0.0.1:4566"):
        DataFolder.open(tmp_path / "data")
    first.close()
    DataFolder.open(tmp_path / "data").close()


def test_live_endpoint__server_gone__is_none_whatever_the_file_says(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "data")
    folder.announce("127.0.0.1", 4566)
    live = live_endpoint(tmp_path / "data")
    assert live is not None
    assert live.port == 4566
    left = (tmp_path / "data" / "endpoint.json").read_bytes()
    folder.close()
    (tmp_path / "data" / "endpoint.json").write_bytes(left)  # as kill -9 leaves it
    assert live_endpoint(tmp_path / "data") is None
    assert live_endpoint(tmp_path / "never") is None


def test_open__folder_of_something_else__is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(DataFolderError, match="not a local-athena data folder"):
        DataFolder.open(tmp_path)
    assert not looks_like_data_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_open__file_in_its_place__says_so(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(FolderNotWritableError, match="a file in its place"):
        DataFolder.open(tmp_path / "data")


def test_open__later_format__is_refused(tmp_path: Path) -> None:
    DataFolder.open(tmp_path / "data").close()
    (tmp_path / "data" / "FORMAT").write_text("local-athena 99\n")
    with pytest.raises(DataFolderError, match="local-athena 99"):
        DataFolder.open(tmp_path / "data")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_open__no_permission__says_so(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(FolderNotWritableError, match="no permission"):
        DataFolder.open(tmp_path / "closed" / "data")


def test_open__leftovers_of_a_crash__are_cleared(tmp_path: Path) -> None:
    DataFolder.open(tmp_path / "data").close()
    (tmp_path / "data" / "tmp" / "half-written").write_text("x")
    DataFolder.open(tmp_path / "data").close()
    assert list((tmp_path / "data" / "tmp").iterdir()) == []
