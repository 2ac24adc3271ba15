"""A sample of `make fuzz`: the endpoint is well after hundreds of requests that no client sends."""

import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).parents[2] / "torture" / "fuzz" / "run.py"


def test_fuzz__hundreds_of_requests__leave_the_endpoint_well() -> None:
    done = subprocess.run(
        [sys.executable, str(RUN), "--requests", "800", "--seed", "5"],
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert " 0 wrong, 0 defects\n" in done.stdout
