"""The reference job of every feed, through its launcher, over the demonstration's sources."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lakehouse.landing import Manifest
from lakehouse.landing.publish import MANIFEST, Publication
from lakehouse.landing.store import Bucket
from lakehouse.orchestration.talend.acceptance import accept
from lakehouse.orchestration.talend.reference_job import Arguments, parse_arguments
from tests.python.orchestration.talend.conftest import DAY, PROJECT, Site

FEEDS = sorted(
    p.name.removesuffix(".odcs.yaml") for p in (PROJECT / "contracts").glob("*.odcs.yaml")
)
SCHEMA = json.loads((PROJECT / "talend" / "manifest.schema.json").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Sourced:
    """The site with the sources of a marketplace, moved to the end of DAY."""

    site: Site
    environ: dict[str, str]

    def start(self, feed: str, folder: Path, *more: str) -> subprocess.Popen[str]:
        """Start the job of a feed as a runner does."""
        contract = self.site.lake.contract(feed)
        values = {
            "business_date": DAY,
            "run_id": f"{feed}-{DAY}",
            "contract_version": contract.version,
            "contract_sha256": contract.sha256,
            "statistics_dir": str(folder),
        }
        arguments = [each for k, v in values.items() for each in ("--context_param", f"{k}={v}")]
        return subprocess.Popen(
            ["sh", str(self.site.launcher(feed)), "--context=Ci", *arguments, *more],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )


@pytest.fixture(scope="module")
def sourced(talend_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sourced]:
    from lakehouse.marketplace import Sources, World, advance, running_sources

    world, folder = World(seed=11, scale=0.002), tmp_path_factory.mktemp("world")
    with running_sources(world, folder) as sources:
        assert sources.gateway is not None
        advance(world, date.fromisoformat(DAY), sources)
        sources.gateway.today = DAY
        assert isinstance(sources, Sources)
        environ = {
            **talend_site.environ,
            **sources.variables(),
        }
        yield Sourced(talend_site, environ)


def rows(folder: Path, name: str) -> list[list[str]]:
    """The rows of a catcher's file."""
    return [line.split(";") for line in (folder / name).read_text("utf-8").splitlines()]


@pytest.mark.integration
@pytest.mark.parametrize("feed", FEEDS)
def test_job__killed_and_run_again__lands_what_is_accepted(
    feed: str, sourced: Sourced, tmp_path: Path
) -> None:
    lake = sourced.site.lake
    killed = sourced.start(feed, tmp_path)
    while not (tmp_path / "stats_file.txt").exists():
        assert killed.poll() is None, killed.communicate()[0]
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    again = sourced.start(feed, tmp_path)
    said = again.communicate()[0]
    assert again.returncode == 0, said
    manifest = accept(lake, feed, date.fromisoformat(DAY), "Ci")
    assert isinstance(manifest, Manifest)
    raw = Bucket(lake.s3, lake.bucket("raw"))
    prefix = Publication(lake, lake.contract(feed), manifest.business_date, manifest.run_id).prefix
    jsonschema.validate(json.loads(raw.get(prefix + MANIFEST) or b""), SCHEMA)
    assert manifest.read_count > 0
    begun, ended = rows(tmp_path, "stats_file.txt")[-2:]
    assert [begun[6], begun[9], begun[11:]] == [f"land_{feed}", "Ci", ["begin", "", ""]]
    assert [ended[9], ended[11], ended[12]] == ["Ci", "end", "success"]
    assert int(ended[13]) >= 0
    counts = [str(manifest.read_count), str(manifest.written_count), str(manifest.rejected_count)]
    assert [row[12] for row in rows(tmp_path, "meter_file.txt")[-3:]] == counts


@pytest.mark.integration
@pytest.mark.parametrize(
    ("more", "status", "words"),
    [
        (("--context_param", "run_id=sellers-2026-06-02"), 2, "run_id is 'sellers-2026-06-02'"),
        (("--context_param", "business_date=yesterday"), 2, "business_date is 'yesterday'"),
        (("--context=Nope",), 2, "Could not find the context Nope"),
        (("--context_param", "contract_version=0.0.1"), 3, "build and deploy the job again"),
        (("--context_param", "drop_dir=/nowhere"), 5, "has catalogue delivered"),
        (("--context_param", "bucket_prefix=no-such-lake"), 4, "does not exist"),
    ],
)
def test_job__what_is_wrong__has_its_exit_code_and_a_log_row(
    sourced: Sourced, tmp_path: Path, more: tuple[str, ...], status: int, words: str
) -> None:
    another_day = ("--context_param", "business_date=2026-06-03")
    run = ("--context_param", "run_id=products-2026-06-03")
    job = sourced.start("products", tmp_path, *another_day, *run, *more)
    said = job.communicate()[0]
    assert job.returncode == status, said
    assert words in said
    (row,) = rows(tmp_path, "logs_file.txt")
    assert (row[7:10], row[11]) == (["5", "tDie", "tDie_1"], str(status))
    assert rows(tmp_path, "stats_file.txt")[-1][11:13] == ["end", "failure"]


@pytest.mark.integration
def test_job__statistics_that_cannot_be_written__are_an_error_of_the_context(
    sourced: Sourced, tmp_path: Path
) -> None:
    job = sourced.start("products", tmp_path, "--context_param", "statistics_dir=/dev/null/x")
    said = job.communicate()[0]
    assert job.returncode == 2, said
    assert "tDie_1: statistics_dir cannot be written to" in said
    assert "Traceback" not in said


def test_parse_arguments__both_spellings__are_read_as_talend_does() -> None:
    found = parse_arguments(
        ["--context=Dev", "--context_param", "a=1=2", "--context_param=b=x y", "--stat_port=3397",
         "--pid=p1", "--father_pid=f1", "stray"]
    )  # fmt: skip
    assert found == Arguments("Dev", {"a": "1=2", "b": "x y"}, "p1", "f1", "")


def test_parse_arguments__nothing__is_the_default_context() -> None:
    found: Any = parse_arguments([])
    assert (found.context, found.parameters) == ("Local", {})
