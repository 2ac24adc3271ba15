"""Many commands on one folder at the same time: one endpoint, and nobody is turned away."""

import fcntl
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from local_athena.errors import DataFolderError, FolderLockedError
from local_athena.storage.folder import DataFolder, live_endpoint

START = """
import sys, pathlib
from local_athena.errors import FolderLockedError
from local_athena.storage.folder import DataFolder
sys.stdin.readline()
try:
    folder = DataFolder.open(pathlib.Path(sys.argv[1]))
except FolderLockedError:
    print("locked", flush=True)
else:
    print("open", flush=True)
sys.stdin.readline()
"""


def test_open__by_ten_processes_at_once_on_a_new_folder__exactly_one_has_it(
    tmp_path: Path,
) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", START, str(tmp_path / "data")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(10)
    ]  # fmt: skip
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.stdout.readline() for process in processes if process.stdout]
    for process in processes:
        process.kill()
        process.communicate()
    assert sorted(answers) == ["locked\n"] * 9 + ["open\n"]
    DataFolder.open(tmp_path / "data").close()  # the kernel took the dead holder's lock away


def test_open__while_others_only_look__is_not_turned_away(tmp_path: Path) -> None:
    DataFolder.open(tmp_path / "data").close()
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            live_endpoint(tmp_path / "data")

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(50):
            DataFolder.open(tmp_path / "data").close()
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_open__held_by_another__is_refused_at_once(tmp_path: Path) -> None:
    DataFolder.open(tmp_path / "data").close()
    with (tmp_path / "data" / "lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(FolderLockedError, match="in use by another local-athena server"):
            DataFolder.open(tmp_path / "data")


def test_open__folder_that_a_kill_left_half_made__is_made_whole(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "lock").touch()
    (tmp_path / "data" / "FORMAT.new").write_text("local-ath")
    DataFolder.open(tmp_path / "data").close()
    (tmp_path / "data" / "FORMAT").write_text("")
    with pytest.raises(DataFolderError, match="has the format ''"):
        DataFolder.open(tmp_path / "data")
