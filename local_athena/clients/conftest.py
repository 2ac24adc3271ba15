"""Environments of the clients, made once below `.local-athena-clients/`, and their endpoint."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from local_athena.pytest_plugin import AthenaDatabase, clean_database
from local_athena.server import Endpoint

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".local-athena-clients"
AWSCLI = "awscli>=1.44,<2"
GO = (" v1.48.0", "/config v1.33.18", "/service/athena v1.67.1", "/service/s3 v1.114.10")
JAVASCRIPT = ("@aws-sdk/client-athena@^3.900.0", "@aws-sdk/client-s3@^3.900.0")


@pytest.fixture(scope="module")
def database(local_athena: Endpoint) -> Iterator[AthenaDatabase]:
    """A database for the module, with AWS clients pointed to the endpoint."""
    with clean_database(local_athena) as database:
        yield database


@pytest.fixture
def environ(local_athena: Endpoint, database: AthenaDatabase) -> dict[str, str]:
    """The variables of a client's process: nothing of the developer's own AWS configuration."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        **local_athena.environ,
        "DATABASE": database.name,
        "OUTPUT": database.output_location,
        "BUCKET": database.bucket,
    }


@pytest.fixture(scope="session")
def aws_cli() -> Path:
    """The `aws` command of PyPI's awscli."""
    return make_environment("awscli", [AWSCLI]) / "bin" / "aws"


@pytest.fixture(scope="session")
def wheel_environment() -> Path:
    """An environment with nothing but this package's wheel and what it requires."""
    dist = HOME / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    build = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    _run([sys.executable, *build, "-w", str(dist), str(ROOT / "local_athena")])
    (wheel,) = dist.glob("local_athena-*.whl")
    return make_environment("wheel", [str(wheel), "boto3", "pytest"], fresh=True)


@pytest.fixture(scope="session")
def dlt() -> Path:
    """An environment with dlt and its Athena destination."""
    return make_environment("dlt", ["dlt[athena]>=1.20,<2"])


@pytest.fixture(scope="session")
def sqlmesh() -> Path:
    """An environment with SQLMesh and its Athena adapter."""
    return make_environment("sqlmesh", ["sqlmesh[athena]>=0.230,<1"])


@pytest.fixture(scope="session")
def javascript() -> Path:
    """A folder with the JavaScript SDK in its node_modules."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are not on this machine")
    folder = HOME / "javascript"
    if not (folder / "node_modules" / "@aws-sdk" / "client-athena").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true, "type": "module"}')
        options = ["--no-audit", "--no-fund", "--no-package-lock", "--prefix", str(folder)]
        _run(["npm", "install", "--silent", *options, *JAVASCRIPT])
    return folder


@pytest.fixture(scope="session")
def go() -> Path:
    """A folder with `program`: main.go, built with the Go SDK."""
    if not shutil.which("go"):
        pytest.skip("go is not on this machine")
    folder = HOME / "go"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(__file__).with_name("main.go"), folder)
    environ = {**os.environ, "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
    needed = "".join(f"require github.com/aws/aws-sdk-go-v2{module}\n" for module in GO)
    (folder / "go.mod").write_text(f"module program\n\ngo 1.24\n\n{needed}")
    for command in (["go", "mod", "tidy"], ["go", "build", "-o", "program", "."]):
        _run(command, environ, folder)
    return folder


def make_environment(name: str, packages: list[str], *, fresh: bool = False) -> Path:
    """A virtual environment with these packages; an earlier one is kept unless `fresh`."""
    folder = HOME / name
    mark = folder / "made-of"
    if not fresh and mark.is_file() and mark.read_text() == "\n".join(packages):
        return folder
    HOME.mkdir(exist_ok=True)
    uv = Path(sys.executable).with_name("uv")
    _run([str(uv), "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
    python = str(folder / "bin" / "python")
    _run([str(uv), "pip", "install", "--quiet", "--python", python, *packages])
    mark.write_text("\n".join(packages))
    return folder


def _run(
    command: list[str], environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> None:
    """A step of making an environment; the tests that need it are skipped when it fails."""
    done = subprocess.run(
        command, env=environ, cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"{Path(command[0]).name} failed: {done.stderr.strip()[-300:]}")
