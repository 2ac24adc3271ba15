"""Make `.venv` hold a locked environment: `python3 scripts/setup_env.py demo|airflow|test`.

Standard library only, and readable by any Python 3, to be able to say when Python is too old.
Exits 1 with one message that says what is missing and what to do.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
# There while a setup is at work. One that was killed left packages half installed, which no later
# one could tell from whole ones, so it begins anew.
UNFINISHED = ROOT / ".venv-unfinished"
UV = "uv>=0.9,<1"
OLDEST, NEWEST = (3, 11), (3, 13)
SILENT_SECONDS = 10


def say(text):
    print("setup: " + text, flush=True)


def stop(text):
    sys.exit("setup: " + text)


def usable(python):
    """Whether that interpreter's version is one that the locks were made for."""
    code = "import sys; print('%d %d' % sys.version_info[:2])"
    try:
        answer = subprocess.run([python, "-c", code], stdout=subprocess.PIPE, check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    major, minor = answer.stdout.split()
    return OLDEST <= (int(major), int(minor)) <= NEWEST


def find_python():  # noqa: RET503
    """The first usable interpreter: the one that runs this, then the versions on PATH."""
    names = ["python3", "python3.13", "python3.12", "python3.11"]
    for python in [sys.executable] + [shutil.which(name) for name in names]:
        if python and usable(python):
            return python
    stop(
        "Python %d.%d to %d.%d is needed and this is %d.%d; install one of them, or name it: "
        "make setup PYTHON=/path/to/python3.12" % (OLDEST + NEWEST + sys.version_info[:2])
    )


def shows_progress():
    """Whether the installers can draw their own progress."""
    return sys.stderr.isatty()


def watch(*command):
    """Run a command and give its status. Where it draws no progress, a line says every ten seconds
    that it is at work."""
    begin = time.monotonic()
    with subprocess.Popen(command, cwd=str(ROOT)) as process:
        try:
            while True:
                try:
                    return process.wait(timeout=SILENT_SECONDS)
                except subprocess.TimeoutExpired:
                    if not shows_progress():
                        say("still at work, %d s" % (time.monotonic() - begin))
        except BaseException:
            process.kill()
            raise


def run(*command):
    try:
        status = watch(*command)
    except OSError as error:
        status = error
    if status != 0:
        stop(
            "a step failed: %s (%s). If it could not reach PyPI, check the network and run it "
            "again: nothing has to be cleaned up." % (" ".join(command), status)
        )


def quiet():
    """The option of pip and uv where nobody sees their progress move."""
    return [] if shows_progress() else ["--quiet"]


def make_venv():
    python = VENV / "bin" / "python"
    interrupted = UNFINISHED.exists()
    try:
        UNFINISHED.touch()
    except OSError as error:
        stop("cannot write in %s (%s); clone into a folder of yours" % (ROOT, error))
    if interrupted:
        say("an earlier setup was interrupted; beginning anew")
    if interrupted or not (python.exists() and usable(str(python))):
        say("making .venv")
        interpreter = find_python()
        if watch(interpreter, "-m", "venv", "--clear", str(VENV)):
            stop(
                "%s has no working venv module; on Debian and Ubuntu: apt install python3-venv"
                % interpreter
            )
    if not (VENV / "bin" / "uv").exists():
        say("installing uv into .venv")
        run(str(python), "-m", "pip", "install", *quiet(), "--disable-pip-version-check", UV)


def main(use):
    lock = ROOT / "requirements" / (use + ".txt")
    if not lock.is_file():
        stop("there is no environment called %r; see requirements/" % use)
    make_venv()
    uv = str(VENV / "bin" / "uv")
    os.environ["VIRTUAL_ENV"] = str(VENV)
    packages = sum(1 for line in lock.read_text().splitlines() if "==" in line)
    say("installing the %s environment, %d packages" % (use, packages))
    install = [uv, "pip", "install", *quiet()]
    run(*install, "--compile-bytecode", "--require-hashes", "-r", str(lock))
    editable = ["-e", str(ROOT), "-e", str(ROOT / "local_athena")]
    run(*install, "--no-deps", "--no-build-isolation", *editable)
    own = [str(ROOT / "src"), str(ROOT / "local_athena" / "src")]
    run(str(VENV / "bin" / "python"), "-m", "compileall", "-q", *own)
    (VENV / (".ready-" + use)).touch()
    UNFINISHED.unlink()
    say("ready")


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else "demo")
    except KeyboardInterrupt:
        stop("interrupted; run it again, it begins anew")
