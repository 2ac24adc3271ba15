"""Tasks through Airflow itself, over a lake and the reference job; only the console is a stub.

One Airflow runs every case, as its start is what takes time.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lakehouse.landing import Sources, land
from lakehouse.landing.store import Bucket
from lakehouse.orchestration.talend.ssh import Host
from tests.python.orchestration.talend.conftest import DAY, PROJECT, Site
from tests.python.orchestration.talend.machine import serve_machine
from tests.python.orchestration.talend.tmc import TOKEN, Task, Tmc

pytestmark = [pytest.mark.dag, pytest.mark.integration]

SELLERS = (
    "seller_id,seller_zip_code_prefix,seller_city,seller_state,seller_name,seller_cnpj\n"
    + "".join(f"s{n},0131{n},são paulo,SP,,\n" for n in range(5))
)
PLACES = (
    "geolocation_zip_code_prefix;geolocation_lat;geolocation_lng;geolocation_city;geolocation_state\n"
    "01310;-23,5;-46,6;sao paulo;SP\n"
)
DONE = ("dispatching", "executing", "execution_successful")
ENDS = (
    "execution_failed",
    "execution_rejected",
    "deploy_failed",
    "terminated",
    "terminated_timeout",
    "terminated_shutdown",
)


class Cases:
    """The cases, as the process of Airflow reads them."""

    def __init__(self, site: Site, console: Tmc, folder: Path) -> None:
        self.found: list[dict[str, Any]] = []
        self._site, self._console, self._folder = site, console, folder

    def job(self, name: str, task: Task, day: str = DAY, **arguments: Any) -> None:
        """A task that asks the console."""
        defaults = {"executable": self._console.add(task), "poll_seconds": 0.05, "feed": "sellers"}
        values = {**defaults, "business_date": day, **arguments}
        self.found.append({"case": "task", "operator": "job", "name": name, "arguments": values})

    def script(self, name: str, launcher: Path, day: str = DAY, **arguments: Any) -> None:
        """A task that starts a launcher."""
        values = {"feed": "sellers", "launcher": str(launcher), "business_date": day, **arguments}
        self.found.append({"case": "task", "operator": "script", "name": name, "arguments": values})

    def trigger(self, name: str, task: Task, stop: str | None = None, **arguments: Any) -> None:
        """A trigger alone, over an execution that runs."""
        task.counter = self._folder / f"{name}.asked"
        task.counter.write_text("")
        run = self._console.start({"executable": self._console.add(task)})
        values = {
            "talend_conn_id": "talend_default",
            "execution_id": run.id,
            "poll_seconds": 0.05,
            "attempts": 2,
            "first_wait": 0.01,
            **arguments,
        }
        where = {"stop": stop, "counter": str(task.counter)}
        self.found.append({"case": "trigger", "name": name, "arguments": values, **where})

    def resume(self, name: str, **event: str) -> None:
        """A task that wakes up with an event."""
        whole = {"execution_id": "e1", "outcome": "ended", "status": "", "message": "", **event}
        arguments = {"feed": "sellers", "business_date": DAY}
        self.found.append({"case": "resume", "name": name, "event": whole, "arguments": arguments})


def rewrite(site: Site, day: str, **values: Any) -> None:
    """Change members of a published manifest, and confirm the change as a careless job would."""
    raw = Bucket(site.lake.s3, site.lake.bucket("raw"))
    prefix = f"catalogue/sellers/ingest_date={day}/"
    document = json.loads(raw.get(prefix + "_manifest.json") or b"")
    content = json.dumps({**document, **values}).encode()
    raw.put(prefix + "_manifest.json", content)
    raw.put(prefix + "_SUCCESS", hashlib.sha256(content).hexdigest().encode() + b"\n")


def prepare(site: Site) -> None:
    """Deliveries of some days, and batches that are wrong in one thing each."""
    for number in range(1, 11):
        site.deliver("sellers", f"2026-06-{number:02}", "sellers.csv", SELLERS)
    site.deliver("geolocation", DAY, "places.csv", PLACES)
    sources = Sources(drop_dir=site.drop)
    land("geolocation", date.fromisoformat(DAY), sources, site.lake)
    for number in (2, 3, 5, 9):
        land("sellers", date(2026, 6, number), sources, site.lake)
    rewrite(site, "2026-06-02", run_id="sellers-2026-05-31")
    raw = Bucket(site.lake.s3, site.lake.bucket("raw"))
    altered = "catalogue/sellers/ingest_date=2026-06-03/sellers-2026-06-03.parquet"
    content = bytearray(raw.get(altered) or b"")
    content[40] ^= 1
    raw.put(altered, bytes(content))
    raw.delete("catalogue/sellers/ingest_date=2026-06-05/_SUCCESS")


def build_cases(site: Site, console: Tmc, folder: Path) -> list[dict[str, Any]]:
    cases = Cases(site, console, folder)
    reference = site.launcher("sellers")
    statistics = {"statistics_dir": str(folder / "statistics")}
    cases.job("success", Task("land_sellers", reference), "{{ ds }}", parameters=statistics)
    cases.job("not_due", Task("land_places", script=DONE), "2026-06-02", feed="geolocation")
    cases.job("connection_breaks", Task("x", script=DONE, silent=3), "2026-06-09")
    for end in ENDS:
        cases.job(end, Task("land_sellers", script=("dispatching", "executing", end)))
    cases.job("source_missing", Task("land_sellers", reference), "2026-07-01")
    cases.job("lands_nothing", Task("land_sellers", script=DONE), "2026-06-20")
    cases.job("wrong_context", Task("land_sellers", reference, "Local"), "2026-06-04")
    cases.job("unknown_context", Task("land_sellers", reference, "Nope"), "2026-06-04")
    cases.job("wrong_run_id", Task("land_sellers", script=DONE), "2026-06-02")
    cases.job("altered_file", Task("land_sellers", script=DONE), "2026-06-03")
    cases.job("unconfirmed", Task("land_sellers", script=DONE), "2026-06-05")
    cases.job("other_lake", Task("land_sellers", script=DONE), context_name="Prod")
    cases.job("unknown_task", Task("land_sellers", script=DONE), executable="0" * 24)
    cases.job("no_day", Task("land_sellers", script=DONE), "2026-06-31")
    careless = folder / "careless_run.sh"
    careless.write_text('echo "Could not find the context Nope" >&2\nexit 0\n')
    slow = folder / "slow_run.sh"
    slow.write_text(f"sleep 300 &\necho $! > {folder}/child\nwait\n")
    cases.script("script_success", reference, "2026-06-06", parameters=statistics)
    cases.script("script_careless", careless, "2026-06-07")
    cases.script("script_no_launcher", folder / "none_run.sh")
    cases.script("script_source_missing", reference, "2026-07-02")
    cases.script("script_elsewhere", reference, "2026-06-10", ssh_conn_id="etl")
    cases.script("script_killed", slow, "2026-06-08", execution_timeout=4)
    cases.trigger(
        "restarted", Task("x", script=("dispatching", *["executing"] * 4, *DONE)), "restart"
    )
    cases.trigger("marked", Task("x", script=("executing",)), "user")
    cases.trigger("overdue", Task("x", script=("executing",)), deadline="2026-01-01T00:00:00+00:00")
    cases.trigger("lost", Task("x", silent=1_000), lost_seconds=0.2)
    cases.resume("resume_lost", outcome="lost", status="executing", message="no answer")
    cases.resume("resume_refused", outcome="refused", message="status 401")
    cases.resume("resume_overdue", outcome="overdue", status="executing", message="2026-01-01")
    killed = {
        "feed": "sellers",
        "business_date": DAY,
        "executable": console.add(Task("killed", script=("executing",))),
    }
    return [*cases.found, {"case": "kill", "name": "killed", "arguments": killed}]


@pytest.fixture(scope="module")
def outcomes(
    talend_site: Site, console: Tmc, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What became of every case."""
    folder = tmp_path_factory.mktemp("airflow")
    with serve_machine(tmp_path_factory.mktemp("ssh"), talend_site.environ) as machine:
        return run_cases(talend_site, console, machine.host, folder)


def run_cases(talend_site: Site, console: Tmc, host: Host, folder: Path) -> dict[str, Any]:
    """Every case in one Airflow: what became of it, by name; `folder` and `log` too."""
    prepare(talend_site)
    (folder / "cases.json").write_text(json.dumps(build_cases(talend_site, console, folder)))
    (folder / "failures.jsonl").write_text("")
    (folder / "dags").mkdir()
    (folder / "dags" / "talend_dag.py").write_text(
        "# An airflow dag of every case.\n"
        "from tests.python.orchestration.talend.airflow_cases import build_dag\n"
        "dag = build_dag()\n"
    )
    connection = {"conn_type": "talend", "host": console.url, "password": TOKEN}
    elsewhere = {
        "conn_type": "ssh",
        "host": host.name,
        "login": host.user,
        "port": host.port,
        "extra": {"key_file": host.key_file, "host_key": host.host_key},
    }
    environ = {
        **talend_site.environ,
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW_CONN_TALEND_DEFAULT": json.dumps(connection),
        "AIRFLOW_CONN_ETL": json.dumps(elsewhere),
        "PYTHONPATH": str(PROJECT),
        "TALEND_CASES": str(folder / "cases.json"),
        "TALEND_FAILURES": str(folder / "failures.jsonl"),
    }
    subprocess.run(["airflow", "db", "migrate"], env=environ, check=True, capture_output=True)
    module = "tests.python.orchestration.talend.airflow_cases"
    with (folder / "log").open("w") as file:
        run = subprocess.run(
            [sys.executable, "-m", module, str(folder / "found.json")],
            env=environ,
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    log = (folder / "log").read_text("utf-8")
    assert run.returncode == 0, log[-6000:]
    return {**json.loads((folder / "found.json").read_text()), "folder": folder, "log": log}


def assert_failed(outcome: dict[str, Any], kind: str, *words: str) -> None:
    """A task that failed with an error that says some words, and that lasts or is `transient`.

    Airflow tries again what is transient; the decision is the task's own policy's.
    """
    assert (outcome["state"], outcome["kind"]) == ("failed", kind), outcome
    for word in words:
        assert word in outcome["error"], outcome["error"]


def test_job__the_batch_lands__succeeds_with_its_run_id(
    outcomes: dict[str, Any], talend_site: Site, console: Tmc
) -> None:
    outcome = outcomes["success"]
    assert (outcome["state"], outcome["returned"]) == ("success", f"sellers-{DAY}"), outcome
    assert outcome["log"].startswith(f"{console.url}/monitoring/executions/")
    raw = Bucket(talend_site.lake.s3, talend_site.lake.bucket("raw"))
    manifest = json.loads(raw.get(f"catalogue/sellers/ingest_date={DAY}/_manifest.json") or b"")
    assert (manifest["read_count"], manifest["written_count"]) == (5, 5)
    bodies = [body for method, _, body in console.requests if method == "POST"]
    (sent,) = [each for each in bodies if "statistics_dir" in each["parameters"]]
    assert sent["timeout"] == 60
    assert {k: v for k, v in sent["parameters"].items() if not k.startswith("contract")} == {
        "business_date": DAY,
        "run_id": f"sellers-{DAY}",
        "statistics_dir": str(outcomes["folder"] / "statistics"),
    }


def test_job__a_feed_that_is_not_due__succeeds_without_a_run(outcomes: dict[str, Any]) -> None:
    assert (outcomes["not_due"]["state"], outcomes["not_due"]["returned"]) == ("success", None)


@pytest.mark.parametrize("end", ENDS)
def test_job__an_end_without_success__fails_and_names_it(
    end: str, outcomes: dict[str, Any]
) -> None:
    kind = "lasting" if end == "terminated" else "transient"
    assert_failed(outcomes[end], kind, f"ended {end}")


def test_job__the_job_itself_fails__says_its_exit_code(outcomes: dict[str, Any]) -> None:
    assert_failed(outcomes["source_missing"], "transient", "execution_failed", "exit code 5")


def test_job__the_connection_breaks__goes_on_asking(outcomes: dict[str, Any]) -> None:
    outcome = outcomes["connection_breaks"]
    assert (outcome["state"], outcome["returned"]) == ("success", "sellers-2026-06-09"), outcome


def test_job__success_without_a_manifest__fails_for_good(outcomes: dict[str, Any]) -> None:
    assert_failed(
        outcomes["lands_nothing"],
        "lasting",
        "sellers-2026-06-20: the job ended well",
        "s3://lakehouse-ci-raw/catalogue/sellers/ingest_date=2026-06-20/_manifest.json is not",
        "--context=Ci",
    )


def test_job__a_wrong_context__landed_elsewhere_and_fails(
    outcomes: dict[str, Any], talend_site: Site
) -> None:
    assert_failed(outcomes["wrong_context"], "lasting", "is not there")
    other = Bucket(talend_site.lake.s3, "lakehouse-local-raw")
    assert other.get("catalogue/sellers/ingest_date=2026-06-04/_SUCCESS") is not None


def test_job__a_context_that_is_not_there__fails(outcomes: dict[str, Any]) -> None:
    assert_failed(outcomes["unknown_context"], "transient", "exit code 2")


def test_job__a_manifest_of_another_run__fails_and_says_which(outcomes: dict[str, Any]) -> None:
    words = "its run id is sellers-2026-05-31, not sellers-2026-06-02"
    assert_failed(outcomes["wrong_run_id"], "lasting", words)


def test_job__an_altered_data_file__fails_and_names_it(outcomes: dict[str, Any]) -> None:
    words = ("sellers-2026-06-03.parquet has SHA-256", "the manifest says")
    assert_failed(outcomes["altered_file"], "lasting", *words)


def test_job__a_batch_without_success_file__fails(outcomes: dict[str, Any]) -> None:
    assert_failed(outcomes["unconfirmed"], "lasting", "not confirmed by a _SUCCESS")


def test_job__a_context_of_another_lake__starts_nothing(outcomes: dict[str, Any]) -> None:
    assert_failed(outcomes["other_lake"], "lasting", "'Prod'", "that is Ci")
    assert not outcomes["other_lake"]["log"]


def test_job__a_task_that_is_not_there__fails_for_good(outcomes: dict[str, Any]) -> None:
    assert_failed(outcomes["unknown_task"], "lasting", "status 404", "no such task")


def test_job__no_day__fails_before_it_starts(outcomes: dict[str, Any]) -> None:
    assert_failed(outcomes["no_day"], "lasting", "'2026-06-31'")


def test_job__killed_between_start_and_wait__stops_the_execution(
    outcomes: dict[str, Any], console: Tmc
) -> None:
    killed = outcomes["killed"]
    assert killed["state"] == "killed", killed
    assert console.runs[killed["arguments"]["execution_id"]].status == "terminated"


def test_trigger__what_is_serialised__has_no_token(outcomes: dict[str, Any]) -> None:
    arguments = outcomes["restarted"]["arguments"]
    assert set(arguments) == {
        "talend_conn_id",
        "execution_id",
        "deadline",
        "poll_seconds",
        "lost_seconds",
        "attempts",
        "first_wait",
    }
    assert TOKEN not in json.dumps(arguments)
    assert TOKEN not in outcomes["log"]


def test_trigger__its_triggerer_restarts__another_goes_on(
    outcomes: dict[str, Any], console: Tmc
) -> None:
    outcome = outcomes["restarted"]
    assert outcome["state"] == "fired", outcome
    event = outcome["event"]
    assert (event["outcome"], event["status"]) == ("ended", "execution_successful")
    assert console.count("DELETE", outcome["arguments"]["execution_id"]) == 0


def test_trigger__a_user_marks_the_task__stops_the_execution(
    outcomes: dict[str, Any], console: Tmc
) -> None:
    outcome = outcomes["marked"]
    assert outcome["state"] == "cancelled", outcome
    assert console.runs[outcome["arguments"]["execution_id"]].status == "terminated"


def test_trigger__the_deadline_passes__stops_the_execution(
    outcomes: dict[str, Any], console: Tmc
) -> None:
    outcome = outcomes["overdue"]
    assert outcome["event"]["outcome"] == "overdue", outcome
    assert console.runs[outcome["arguments"]["execution_id"]].status == "terminated"
    assert_failed(outcomes["resume_overdue"], "transient", "at its deadline", "was stopped")


def test_trigger__nothing_is_heard_for_long__the_execution_is_lost(
    outcomes: dict[str, Any],
) -> None:
    assert outcomes["lost"]["event"]["outcome"] == "lost", outcomes["lost"]
    assert_failed(outcomes["resume_lost"], "transient", "starting it again is safe")
    assert_failed(outcomes["resume_refused"], "lasting", "status 401")


def test_script__the_batch_lands__succeeds_and_leaves_statistics(outcomes: dict[str, Any]) -> None:
    outcome = outcomes["script_success"]
    assert (outcome["state"], outcome["returned"]) == ("success", "sellers-2026-06-06"), outcome
    meters = (outcomes["folder"] / "statistics" / "meter_file.txt").read_text("utf-8")
    rows = [line.split(";") for line in meters.splitlines()]
    assert [row[11:13] for row in rows[-3:]] == [["read", "5"], ["written", "5"], ["rejected", "0"]]


def test_script__status_0_without_a_manifest__fails_for_good(outcomes: dict[str, Any]) -> None:
    assert_failed(outcomes["script_careless"], "lasting", "the job ended well")
    assert "Could not find the context Nope" in outcomes["log"]


def test_script__no_launcher__fails_for_good(outcomes: dict[str, Any]) -> None:
    assert_failed(outcomes["script_no_launcher"], "lasting", "unpack the exported job")


def test_script__the_source_has_not_delivered__may_be_tried_again(outcomes: dict[str, Any]) -> None:
    assert_failed(outcomes["script_source_missing"], "transient", "status 5", "did not deliver")


def test_script__on_another_machine__lands_and_logs_what_the_job_said(
    outcomes: dict[str, Any],
) -> None:
    outcome = outcomes["script_elsewhere"]
    assert (outcome["state"], outcome["returned"]) == ("success", "sellers-2026-06-10"), outcome
    assert "at=host 127.0.0.1" in outcomes["log"]


def test_script__the_task_times_out__ends_the_job_and_its_children(
    outcomes: dict[str, Any],
) -> None:
    assert outcomes["script_killed"]["state"] == "failed"
    child = int((outcomes["folder"] / "child").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
