"""Run dbt-athena's own functional suite, unmodified, against local_athena.

    python local_athena/conformance/run.py [--workers N] [--keep] [-- PYTEST ARGUMENTS]

The suite comes from the adapter's source distribution on PyPI. It and what it needs go to an
environment of their own in `.local-athena-conformance/`, made once. An endpoint is started over an
empty folder, and the answer is a table: passed, failed, skipped by file. Exits 1 when fewer tests
pass than the bar asks (whole suite only), or when a chosen test fails.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from pathlib import Path

import boto3
import click
from local_athena.server import serve
from local_athena.settings import Settings

ADAPTER = "1.11.1"
BAR = 122
HERE = Path(__file__).resolve().parent
HOME = HERE.parents[1] / ".local-athena-conformance"
REQUIREMENTS = HERE / "requirements.txt"
BUCKET = "conformance"
OUTCOMES = ("passed", "failed", "skipped")


def main() -> int:
    """Prepare, run, report; the process's exit status."""
    arguments = _arguments()
    python = prepare()
    folder = Path(tempfile.mkdtemp(prefix="data-", dir=HOME))
    report = folder / "report.xml"
    try:
        settings = Settings(data=folder / "lake", port=0, decimal_literals="double")
        with serve(settings.data, settings=settings) as endpoint:
            environ = {**os.environ, **endpoint.environ, **suite_environ()}
            _create_bucket(endpoint.environ)
            command = [
                str(python),
                *("-m", "pytest", "-p", "no:cacheprovider", "-o", "addopts="),
                *("-n", str(arguments.workers), "--dist", "loadscope", "-q", "--color=no"),
                f"--junitxml={report}",
                *(arguments.pytest or ["tests/functional"]),
            ]
            click.echo(f"running {' '.join(command[3:])}")
            with (HOME / "pytest.log").open("w", encoding="utf-8") as log:
                status = subprocess.run(
                    command, cwd=suite(), env=environ, stdout=log, stderr=log, check=False
                ).returncode
        if not report.exists():
            click.echo(f"the suite did not run; its output is in {HOME / 'pytest.log'}")
            return 2
        counts, failures = read_report(report)
    finally:
        if arguments.keep:
            click.echo(f"kept {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    passed = print_report(counts, failures)
    if arguments.pytest:
        return int(status not in (0, 5))
    return int(passed < BAR)


def prepare() -> Path:
    """The suite's environment and sources, made when they are missing or out of date."""
    python = HOME / "venv" / "bin" / "python"
    mark = HOME / "ready"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes() + ADAPTER.encode()).hexdigest()
    if mark.exists() and mark.read_text() == wanted and python.exists() and suite().exists():
        return python
    HOME.mkdir(exist_ok=True)
    click.echo(f"preparing {HOME}")
    venv.create(HOME / "venv", with_pip=True, clear=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "-r", str(REQUIREMENTS)], check=True)
    sources = HOME / "sdist"
    shutil.rmtree(sources, ignore_errors=True)
    subprocess.run(
        [
            *(*pip, "download", "--quiet", "--no-binary", ":all:", "--no-deps"),
            *("--no-build-isolation", "-d", str(sources), f"dbt-athena=={ADAPTER}"),
        ],
        check=True,
    )
    archive = next(sources.glob("*.tar.gz"))
    shutil.unpack_archive(archive, sources, filter="data")
    mark.write_text(wanted)
    return python


def suite() -> Path:
    """The unpacked source distribution, where pytest runs."""
    return HOME / "sdist" / f"dbt_athena-{ADAPTER}"


def suite_environ() -> dict[str, str]:
    """The suite's own variables (test.env.example in the source distribution)."""
    values = {
        "S3_STAGING_DIR": f"s3://{BUCKET}/staging/",
        "S3_TMP_TABLE_DIR": f"s3://{BUCKET}/temporary/",
        "REGION_NAME": "us-east-1",
        "DATABASE": "awsdatacatalog",
        "SCHEMA": "conformance",
        "WORK_GROUP": "primary",
        "THREADS": "1",
        "POLL_INTERVAL": "0.05",
        "NUM_RETRIES": "2",
    }
    environ = {f"DBT_TEST_ATHENA_{name}": value for name, value in values.items()}
    return environ | {"DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}


def read_report(report: Path) -> tuple[dict[str, Counter[str]], list[str]]:
    """(counts of outcomes by test file, one line for each failure)."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    failures = []
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314  (our own)
        module = case.get("classname", "").removeprefix("tests.functional.").rpartition(".")[0]
        fault = case.find("failure")
        fault = fault if fault is not None else case.find("error")
        outcome = "failed" if fault is not None else "passed"
        if case.find("skipped") is not None:
            outcome = "skipped"
        counts[module][outcome] += 1
        if fault is not None:
            first = (fault.get("message") or "").strip().split("\n")[0]
            failures.append(f"{case.get('classname')}::{case.get('name')}: {first[:200]}")
    return counts, failures


def print_report(counts: dict[str, Counter[str]], failures: list[str]) -> int:
    """Print the failures, then the table; returns how many tests passed."""
    for line in failures:
        click.echo(f"FAILED {line}")
    width = max((len(name) for name in counts), default=10)
    click.echo(f"{'file'.ljust(width)}  {'  '.join(outcome.rjust(7) for outcome in OUTCOMES)}")
    total: Counter[str] = Counter()
    for name in sorted(counts):
        total += counts[name]
        cells = "  ".join(str(counts[name][outcome]).rjust(7) for outcome in OUTCOMES)
        click.echo(f"{name.ljust(width)}  {cells}")
    cells = "  ".join(str(total[outcome]).rjust(7) for outcome in OUTCOMES)
    click.echo(f"{'total'.ljust(width)}  {cells}")
    return total["passed"]


def _create_bucket(environ: dict[str, str]) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=environ["AWS_ENDPOINT_URL"],
        region_name=environ["AWS_REGION"],
        aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
    )
    client.create_bucket(Bucket=BUCKET)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--workers", type=int, default=2, help="pytest processes (default 2)")
    parser.add_argument("--keep", action="store_true", help="keep the endpoint's data folder")
    parser.add_argument("pytest", nargs="*", help="tests to run instead of all, and options")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
