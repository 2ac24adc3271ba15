"""Where an artifact comes from, and that a damaged one is not used."""

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from local_athena.engine.trino.repository import VARIABLE, Artifact, obtain
from local_athena.errors import EngineUnavailableError

BODY = b"a server\n"
ARTIFACT = Artifact("org.example", "thing", "7", "tar.gz", hashlib.sha256(BODY).hexdigest())


def place(root: Path, body: bytes = BODY) -> None:
    path = root / "org" / "example" / "thing" / "7" / "thing-7.tar.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(body)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[str]:
    """A Maven repository over HTTP on the folder `remote`."""
    (tmp_path / "remote").mkdir()
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "remote"))
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def fetch(tmp_path: Path, **environ: str) -> bytes:
    target = tmp_path / "got.tar.gz"
    obtain(ARTIFACT, target, lambda text: None, environ, tmp_path / "m2")
    return target.read_bytes()


def test_obtain__in_the_local_repository__no_other_is_asked(tmp_path: Path) -> None:
    place(tmp_path / "m2" / "repository")
    assert fetch(tmp_path, **{VARIABLE: "http://127.0.0.1:1/"}) == BODY


def test_obtain__local_copy_is_damaged__the_remote_one(tmp_path: Path, repository: str) -> None:
    place(tmp_path / "m2" / "repository", b"half a ser")
    place(tmp_path / "remote")
    assert fetch(tmp_path, **{VARIABLE: repository}) == BODY


def test_obtain__mirror_in_settings__is_asked(tmp_path: Path, repository: str) -> None:
    place(tmp_path / "remote")
    (tmp_path / "m2").mkdir()
    (tmp_path / "m2" / "settings.xml").write_text(
        '<settings xmlns="http://maven.apache.org/SETTINGS/1.0.0"><mirrors>'
        "<mirror><mirrorOf>other</mirrorOf><url>http://127.0.0.1:1/</url></mirror>"
        f"<mirror><mirrorOf>central</mirrorOf><url>{repository}</url></mirror>"
        "</mirrors></settings>"
    )
    assert fetch(tmp_path) == BODY


def test_obtain__damaged__is_refused_and_removed(tmp_path: Path, repository: str) -> None:
    place(tmp_path / "remote", BODY + b"!")
    with pytest.raises(EngineUnavailableError, match="arrived damaged"):
        fetch(tmp_path, **{VARIABLE: repository})
    assert not (tmp_path / "got.tar.gz").exists()


def test_obtain__not_there__says_where_it_looked(tmp_path: Path, repository: str) -> None:
    with pytest.raises(EngineUnavailableError, match=r"cannot fetch http.*thing-7\.tar\.gz.*404"):
        fetch(tmp_path, **{VARIABLE: repository})


def test_obtain__no_source__says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailableError, match=f"set {VARIABLE} to"):
        fetch(tmp_path, PATH=str(tmp_path))
