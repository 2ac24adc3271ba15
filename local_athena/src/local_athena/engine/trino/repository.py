"""Files of a Maven repository: from the machine's own copy, a repository by HTTP, or by `mvn`.

Where a file comes from, in this order:

1. Maven's local repository (`~/.m2/repository`), where an earlier download may lie;
2. the repository that `LOCAL_ATHENA_MAVEN_REPOSITORY` names (an http or https address), or the
   mirror of `~/.m2/settings.xml`;
3. the program `mvn` with the repositories that it is set up with.

What arrives is compared with the SHA-256 that the caller knows; a file that differs is not used.
"""

import hashlib
import os
import shutil
import subprocess
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local_athena.errors import EngineUnavailableError

VARIABLE = "LOCAL_ATHENA_MAVEN_REPOSITORY"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file of a Maven repository and the SHA-256 that it must have (lower hex)."""

    group: str
    name: str
    version: str
    packaging: str
    sha256: str

    @property
    def path(self) -> str:
        """Its path below a repository's root."""
        folder = f"{self.group.replace('.', '/')}/{self.name}/{self.version}"
        return f"{folder}/{self.name}-{self.version}.{self.packaging}"

    @property
    def coordinates(self) -> str:
        """group:name:version:packaging, as Maven's plugins take it."""
        return f"{self.group}:{self.name}:{self.version}:{self.packaging}"


def obtain(
    artifact: Artifact,
    target: Path,
    say: Callable[[str], object],
    environ: Mapping[str, str] = os.environ,
    maven_home: Path | None = None,
) -> None:
    """Put the artifact's file at `target`; `say` gets a line before a long wait.

    Raises:
        EngineUnavailableError: no source has it, or what came has another checksum.
    """
    home = maven_home or Path("~/.m2").expanduser()
    local = home / "repository" / artifact.path
    if local.is_file() and sha256_of(local) == artifact.sha256:
        shutil.copyfile(local, target)
        return
    address = environ.get(VARIABLE) or _mirror(home / "settings.xml")
    if address:
        say(f"fetching {artifact.name} {artifact.version} from the Maven repository at {address}")
        _by_http(f"{address.rstrip('/')}/{artifact.path}", target)
    elif shutil.which("mvn", path=environ.get("PATH", "")):
        say(f"fetching {artifact.name} {artifact.version} with mvn")
        _by_mvn(artifact, target)
    else:
        raise EngineUnavailableError(
            f"{artifact.coordinates} has to be fetched once: set {VARIABLE} to the address of a "
            "Maven repository that has it (Maven Central or a mirror), or install Maven"
        )
    found = sha256_of(target)
    if found != artifact.sha256:
        target.unlink()
        raise EngineUnavailableError(
            f"{artifact.coordinates} arrived damaged: SHA-256 {found}, not {artifact.sha256}"
        )


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in lower hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mirror(settings: Path) -> str | None:
    """The address of the first mirror in Maven's settings that stands for Maven Central."""
    try:
        root = ET.parse(settings).getroot()  # noqa: S314  (the user's own file)
    except (OSError, ET.ParseError):
        return None
    for mirror in root.iterfind("{*}mirrors/{*}mirror"):
        names = (mirror.findtext("{*}mirrorOf") or "").replace(" ", "").split(",")
        address = (mirror.findtext("{*}url") or "").strip()
        if address.startswith("http") and {"*", "central", "external:*"} & set(names):
            return address
    return None


def _by_http(address: str, target: Path) -> None:
    if not address.startswith(("http://", "https://")):
        raise EngineUnavailableError(f"{VARIABLE}: {address} is no http or https address")
    try:
        with urllib.request.urlopen(address, timeout=60) as answer, target.open("wb") as file:  # noqa: S310
            shutil.copyfileobj(answer, file, _BLOCK)
    except (urllib.error.URLError, OSError) as error:
        target.unlink(missing_ok=True)
        raise EngineUnavailableError(f"cannot fetch {address}: {error}") from error


def _by_mvn(artifact: Artifact, target: Path) -> None:
    command = [
        "mvn",
        "--batch-mode",
        "--quiet",
        "dependency:copy",
        f"-Dartifact={artifact.coordinates}",
        f"-DoutputDirectory={target.parent}",
        "-Dmdep.useBaseVersion=true",
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=target.parent, check=False)
    arrived = target.parent / Path(artifact.path).name
    if done.returncode != 0 or not arrived.exists():
        lines = (done.stdout + done.stderr).strip().splitlines() or ["no output"]
        raise EngineUnavailableError(f"mvn could not fetch {artifact.coordinates}: {lines[0]}")
    if arrived != target:
        arrived.replace(target)
