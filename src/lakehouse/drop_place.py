"""Where files are dropped: a folder of this machine, or a prefix of a bucket."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lakehouse.errors import ConfigError

VARIABLE = "LAKEHOUSE_DROP_DIR"
_ADDRESS = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/[^?#\0]*)?")


@dataclass(frozen=True, slots=True)
class S3Prefix:
    """A "folder" of a bucket: `prefix` is empty, or ends in a slash."""

    bucket: str
    prefix: str

    def __truediv__(self, name: str) -> Self:
        """The folder of that name below this one."""
        return type(self)(self.bucket, f"{self.prefix}{name}/")

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"


DropPlace = Path | S3Prefix


def parse_place(text: str) -> DropPlace:
    """A folder's path, or `s3://bucket/prefix`; raises ConfigError where it is neither."""
    if "://" not in text:
        return Path(text)
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise ConfigError(
            f"{VARIABLE} is {text!r}: it must be a folder, or an address such as "
            "s3://acme-drop/marketplace",
            variable=VARIABLE,
        )
    prefix = (match[2] or "").strip("/")
    return S3Prefix(match[1], f"{prefix}/" if prefix else "")
