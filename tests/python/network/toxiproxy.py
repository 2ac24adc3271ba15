"""Toxiproxy, a proxy that spoils connections on demand: built once by Go, asked over HTTP."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import requests

from lakehouse.marketplace.sources._server import Server, free_port

MODULE = "github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0"
"""Its checksum is compared with Go's public database of checksums while it is fetched."""


class NoGoError(Exception):
    """There is no Go here, or it cannot fetch the proxy."""


def build() -> Path:
    """The program; fetches (some 30 MB) and builds it where it is not in the cache yet."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    folder = base / "lakehouse" / f"toxiproxy-{MODULE.rpartition('@')[2]}"
    program = folder / "server"
    if program.is_file():
        return program
    go = shutil.which("go", path=os.pathsep.join([os.environ["PATH"], "/usr/local/go/bin"]))
    if go is None:
        raise NoGoError("Go is not installed, which builds the fault proxy")
    done = subprocess.run(
        [go, "install", MODULE],
        env={**os.environ, "GOBIN": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode != 0:
        raise NoGoError(f"go install {MODULE}: {done.stderr.strip().splitlines()[-1:]}")
    return program


class Toxiproxy:
    """A running proxy server on 127.0.0.1."""

    def __init__(self, program: Path, folder: Path) -> None:
        port = free_port()
        self._api = f"http://127.0.0.1:{port}"
        command = [str(program), "-host", "127.0.0.1", "-port", str(port)]
        self._server = Server("toxiproxy", command, folder)
        self._server.wait_ready(self._answers, 30)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self._api}/version", timeout=1).ok
        except requests.ConnectionError:
            return False

    def stop(self) -> None:
        """End it."""
        self._server.stop()

    def put_before(self, name: str, upstream: int, port: int | None = None) -> Line:
        """A line of that name to a port of this machine."""
        port = port or free_port()
        self.call(
            "POST",
            "/proxies",
            {"name": name, "listen": f"127.0.0.1:{port}", "upstream": f"127.0.0.1:{upstream}"},
        )
        return Line(self, name, port)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """An answer of its API."""
        answer = requests.request(method, self._api + path, json=body, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None


class Line:
    """What stands between a client and its server."""

    def __init__(self, proxy: Toxiproxy, name: str, port: int) -> None:
        self._proxy = proxy
        self.name = name
        self.port = port

    def spoil(self, kind: str, **attributes: int) -> None:
        """Add a toxic to what the server sends."""
        toxic = {"name": kind, "type": kind, "stream": "downstream", "attributes": attributes}
        self._proxy.call("POST", f"/proxies/{self.name}/toxics", toxic)

    def heal(self) -> None:
        """Take all toxics away; connections that they hold are ended."""
        for toxic in self._proxy.call("GET", f"/proxies/{self.name}/toxics"):
            self._proxy.call("DELETE", f"/proxies/{self.name}/toxics/{toxic['name']}")
