"""S3 keys as relative file paths, reversibly.

A key's segments become folders and a file. Most keys look the same on disk; what a file system or
a glob pattern cannot take is escaped:

    %XX       a byte: `%`, control characters, `*?[]`, and the segments `.` and `..`
    %empty    an empty segment (`a//b`, or a key that ends in `/`)
    %more     ends a folder whose segment goes on inside it (a segment above 240 bytes)
    %file     ends a file whose plain name is a folder (the keys `a` and `a/b` both exist)

Escapes use capital hexadecimal digits, marks small letters, so no two keys share a path.
"""

import re

EMPTY = "%empty"
MORE = "%more"
FILE = "%file"
_LIMIT = 240
_AWKWARD = re.compile(r"[%\x00-\x1f\x7f*?\[\]]")
_ESCAPE = re.compile(r"%([0-9A-F]{2})")


def encode_segment(segment: str) -> str:
    """One segment as a file name; long ones become `part%more/part...` (a relative path)."""
    if not segment:
        return EMPTY
    if segment in (".", ".."):
        return "%2E" * len(segment)
    name = _AWKWARD.sub(lambda match: f"%{ord(match.group()):02X}", segment)
    if len(name) <= _LIMIT // 4 or len(name.encode()) <= _LIMIT:
        return name
    return _split_long(segment)


def encode_key(key: str) -> str:
    """The path of a key below its bucket's folder."""
    return "/".join(encode_segment(segment) for segment in key.split("/"))


def decode_name(name: str) -> tuple[str, bool]:
    """(text of a file's or folder's name, whether the segment goes on inside the folder)."""
    more = name.endswith(MORE)
    if more:
        name = name[: -len(MORE)]
    elif name.endswith(FILE):
        name = name[: -len(FILE)]
    if name == EMPTY:
        return "", more
    return _ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), name), more


def decode_path(path: str) -> str:
    """The key of a file's path below its bucket's folder (with `/` between names)."""
    key: list[str] = []
    for name in path.split("/"):
        text, more = decode_name(name)
        key.append(text if more else text + "/")
    return "".join(key)[:-1]


def _split_long(segment: str) -> str:
    parts: list[str] = []
    part, size = "", 0
    for char in segment:
        escaped = _AWKWARD.sub(lambda match: f"%{ord(match.group()):02X}", char)
        width = len(escaped.encode())
        if size + width > _LIMIT:
            parts.append(part + MORE)
            part, size = "", 0
        part, size = part + escaped, size + width
    return "/".join([*parts, part])
