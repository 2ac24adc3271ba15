"""A Spark to run jobs on: its own Python, its jars and a Java, fetched on first use."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from local_athena.engine.trino.distribution import cache_folder
from local_athena.engine.trino.java import installed_javas
from local_athena.engine.trino.repository import Artifact, obtain, sha256_of
from local_athena.errors import EngineUnavailableError

HERE = Path(__file__).parent
JAVAS = (17, 11)
"""What Spark 3.5 runs on."""
JARS = (
    Artifact(
        "org.apache.iceberg", "iceberg-spark-runtime-3.5_2.12", "1.10.0", "jar",
        "70f9471870b2d456167d703c829f098a446b86bb1379eee338c0efa03a341026",
    ),
    Artifact(
        "org.apache.iceberg", "iceberg-aws-bundle", "1.10.0", "jar",
        "172370cfc32a5f1ae5399b210e86fc04a366dc29a112d97ac8ffc74df7525596",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SparkHome:
    """Where Spark lies: `python` has PySpark, `jars` are the files of Iceberg's runtime, joined by
    commas, `environ` is what processes of it need."""

    python: Path
    jars: str
    environ: dict[str, str]


def find_spark() -> SparkHome:
    """Spark, fetched where it is not there yet; the test is skipped where it cannot be had."""
    java = next((java for java in installed_javas() if java.version in JAVAS), None)
    if java is None:
        pytest.skip("Spark 3.5 needs Java 17 or 11, and none is installed")
    cache = cache_folder()
    try:
        python, jars = _python(cache / "spark-3.5"), _jars(cache / "iceberg-1.10.0")
    except (subprocess.CalledProcessError, EngineUnavailableError) as error:
        pytest.skip(f"Spark cannot be had: {error}")
    environ = {
        **os.environ,
        "JAVA_HOME": str(java.home),
        "SPARK_HOME": str(next((python.parents[1] / "lib").glob("*/site-packages/pyspark"))),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYTHONNOUSERSITE": "1",
    }
    return SparkHome(python, jars, environ)


def _python(folder: Path) -> Path:
    """The Python of an environment with PySpark, made on first use (some 600 MB)."""
    wanted = HERE / "spark-requirements.txt"
    mark, home = folder / "made-of", folder / "bin" / "python"
    if not (mark.is_file() and mark.read_text() == wanted.read_text()):
        folder.parent.mkdir(parents=True, exist_ok=True)
        uv = Path(sys.executable).with_name("uv")
        subprocess.run(
            [uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True
        )
        install = [uv, "pip", "install", "--quiet", "--python", home, "--require-hashes"]
        subprocess.run([*install, "-r", wanted], check=True)
        mark.write_text(wanted.read_text())
    return home


def _jars(folder: Path) -> str:
    """The files of Iceberg's runtime, fetched on first use (110 MB)."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for artifact in JARS:
        path = folder / Path(artifact.path).name
        if not (path.is_file() and sha256_of(path) == artifact.sha256):
            obtain(artifact, path, print)
        found.append(str(path))
    return ",".join(found)
