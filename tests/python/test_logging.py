"""Which lines reach a terminal, whatever a library does with its level."""

import logging
from collections.abc import Iterator

import pytest

from lakehouse.observability import configure_logging


@pytest.fixture
def woken_library() -> Iterator[logging.Logger]:
    """A library that somebody told to say everything, as dbt's adapter tells botocore."""
    logger = logging.getLogger("botocore.credentials")
    level = logger.level
    logger.setLevel(logging.DEBUG)
    yield logger
    logger.setLevel(level)


def test_configure_logging__a_library_that_says_everything__warns_and_no_more(
    woken_library: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging({"LAKEHOUSE_LOG_LEVEL": "info"})
    woken_library.info("found credentials")
    woken_library.warning("cannot find credentials")
    logging.getLogger("lakehouse.landing").info("landed")
    logging.getLogger("lakehouse_of_others").info("theirs")
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("logger=")[1] for line in lines] == [
        "botocore.credentials cannot find credentials",
        "lakehouse.landing landed",
    ]
    configure_logging({})
