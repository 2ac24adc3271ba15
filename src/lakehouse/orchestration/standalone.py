"""`make airflow`: Airflow on 127.0.0.1 over a local lake, with the demonstration's sources running.

Everything that it writes lies under `.lakehouse/airflow` and `.local-athena`. Stop it with Ctrl-C.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
from pathlib import Path

from lakehouse.errors import ConfigError, LakeError, LakehouseError, MarketplaceError
from lakehouse.marketplace import DEFAULT_SCALE, DEFAULT_SEED, World, running_sources
from lakehouse.marketplace.sources._server import free_port
from lakehouse.orchestration.pools import pools
from lakehouse.orchestration.standalone_command import keep_environment
from lakehouse.orchestration.tasks import SCALE, SEED
from lakehouse.settings import Settings

PORT = 8080
ALWAYS = "9999-12-31"
PASSWORDS = "simple_auth_manager_passwords.json.generated"


def airflow_environment(home: Path, project: Path) -> dict[str, str]:
    """Airflow's settings: home, DAGs, loopback only, one local user, no telemetry, no examples."""
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(project / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / PASSWORDS),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "2",
        # Seconds in which a task that is done must have told so: the API is slow on a busy laptop.
        "AIRFLOW__CORE__TASK_SUCCESS_OVERTIME": "300",
        # Over the made-up marketplace nothing starts by itself.
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(PORT),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{PORT}",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{PORT}/execution/",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
        "DO_NOT_TRACK": "1",
    }


def check_port_is_free(port: int) -> None:
    """Raise ConfigError when something on this machine listens on the port."""
    with socket.socket() as probe:
        # A port whose last owner has just ended is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ConfigError(
                f"port {port} of 127.0.0.1, where Airflow opens, is taken ({error.strerror}): stop "
                f"what listens there (`ss -ltnp 'sport = :{port}'` names it), then run `make "
                "airflow` again"
            ) from error


def find_login(home: Path) -> str:
    """The password of `admin`: that of before, else a new one; Airflow says it at its first start
    alone."""
    place = home / PASSWORDS
    if not place.exists():
        place.touch(0o600)
        place.write_text(json.dumps({"admin": secrets.token_urlsafe(12)}), "utf-8")
    password: str = json.loads(place.read_text("utf-8"))["admin"]
    return password


def make_database(environment: dict[str, str], home: Path, project: Path) -> None:
    """Make Airflow's database, or bring it to this version, and the pools of the source systems."""
    wanted = home / "pools.json"
    wanted.write_text(json.dumps(pools(project), indent=2), "utf-8")
    for command in (["db", "migrate"], ["pools", "import", str(wanted)]):
        done = subprocess.run(
            ["airflow", *command], env=environment, check=False, capture_output=True, text=True
        )
        if done.returncode != 0:
            raise LakeError(f"`airflow {' '.join(command)}` failed:\n{done.stderr[-2000:]}")


def main() -> int:
    """Start sources, parse the dbt project, run `airflow standalone` until it ends."""
    settings = Settings.from_env()
    check_port_is_free(PORT)
    program = str(Path(sys.executable).with_name("local-athena"))
    if settings.endpoint_url is None:
        data = os.environ.get("LOCAL_ATHENA_DATA") or str(settings.project_dir / ".local-athena")
        command = [program, "exec", "--data", data, "--", sys.executable, "-m", __spec__.name]
        os.execv(program, command)  # noqa: S606
    world = World(DEFAULT_SEED, DEFAULT_SCALE)
    home = settings.demo_dir / "airflow"
    home.mkdir(parents=True, exist_ok=True)
    manifest = home / "target"
    with running_sources(world, settings.demo_dir, settings.postgres_url) as sources:
        if sources.gateway is None:
            raise MarketplaceError("the payment service did not start; see the lines above")
        sources.gateway.today = ALWAYS
        environment = {
            **os.environ,
            **airflow_environment(home, settings.project_dir),
            **sources.variables(),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "LAKEHOUSE_PROJECT_DIR": str(settings.project_dir),
            "LAKEHOUSE_DBT_MANIFEST": str(manifest / "manifest.json"),
            SEED: str(world.seed),
            SCALE: str(world.scale),
        }
        parse = ["dbt", "--quiet", "parse", "--target-path", str(manifest)]
        subprocess.run(parse, cwd=settings.project_dir, env=environment, check=True)
        make_database(environment, home, settings.project_dir)
        keep_environment(home, environment)
        sys.stdout.write(
            f"Airflow opens on http://127.0.0.1:{PORT}: admin, {find_login(home)}\n"
            "Nothing runs by itself here. Trigger business_day with the partition key "
            f"{world.first_day}: the source systems land that day, and when the last one has, "
            "transform builds it. Then the day after: the marketplace moves on and never back.\n"
            "Airflow's command line, from another shell: scripts/airflow dags trigger business_day "
            f'--conf \'{{"business_date": "{world.first_day}"}}\'\n'
        )
        sys.stdout.flush()
        return subprocess.run(["airflow", "standalone"], env=environment, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LakehouseError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
