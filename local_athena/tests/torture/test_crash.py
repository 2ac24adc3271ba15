"""A sample of `make crash`: some kills under all writers, nothing lost."""

import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).parents[2] / "torture" / "crash" / "run.py"


def test_crash__two_kills_under_nine_writers__loses_nothing() -> None:
    done = subprocess.run(
        [sys.executable, str(RUN), "--kills", "2", "--seed", "7"],
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 wrong\n" in done.stdout
