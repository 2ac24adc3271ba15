"""Which Java is taken."""

from pathlib import Path

import pytest
from local_athena.engine.trino.java import find_java
from local_athena.errors import EngineUnavailableError


def java(home: Path, version: str) -> Path:
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").touch(mode=0o755)
    (home / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    return home


def test_find_java__several__the_newest(tmp_path: Path) -> None:
    java(tmp_path / "a", "17.0.9")
    java(tmp_path / "b" / "Contents" / "Home", "25.0.3")
    java(tmp_path / "c", "24")
    found = find_java({}, (str(tmp_path),))
    assert (found.version, found.home) == (25, tmp_path / "b" / "Contents" / "Home")


def test_find_java__java_home_is_new_enough__that_one(tmp_path: Path) -> None:
    java(tmp_path / "all" / "new", "25")
    home = java(tmp_path / "mine", "24.0.1")
    assert find_java({"JAVA_HOME": str(home)}, (str(tmp_path / "all"),)).home == home


@pytest.mark.parametrize("version", ["17.0.9", "23.0.1", "1.8.0_402"])
def test_find_java__too_old__says_what_it_found(tmp_path: Path, version: str) -> None:
    home = java(tmp_path / "old", version)
    with pytest.raises(EngineUnavailableError, match=f"needs Java 24 .*{home}"):
        find_java({"JAVA_HOME": str(home)}, ())


def test_find_java__none__says_so(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailableError, match="none found"):
        find_java({"PATH": str(tmp_path)}, (str(tmp_path),))
