"""URLs: `url_*`, by java.net.URI's reading of a URL and java.net.URLEncoder's escaping."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

from local_athena.functions.registry import ScalarWriter
from local_athena.functions.udf import call_python
from local_athena.sql.bound import Call
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type

# RFC 2396 as java.net.URI takes it: unescaped spaces, quotes and brackets make it no URI at all.
_URI = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]*):)?"
    r"(?://(?P<authority>[^/?#]*))?(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.DOTALL,
)
_ILLEGAL = re.compile(r"[\x00-\x20\x7f\"<>\\^`{|}]|%(?![0-9A-Fa-f]{2})")
_AUTHORITY = re.compile(r"(?:[^@]*@)?(?P<host>\[[^\]]*\]|[^:@]*)(?::(?P<port>\d*))?")
_HOST = re.compile(
    r"\[[0-9A-Fa-f:.%]+\]|\d{1,3}(?:\.\d{1,3}){3}"
    r"|(?:[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?\.)*[A-Za-z](?:[A-Za-z0-9\-]*[A-Za-z0-9])?\.?"
)
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-*_")


def _parts(url: str) -> re.Match[str] | None:
    """The URL's parts, None when Java's URI would refuse it."""
    return None if _ILLEGAL.search(url) else _URI.fullmatch(url)


def _is_opaque(parts: re.Match[str]) -> bool:
    """Whether a scheme is followed by no slash, as in `mailto:x@y.z`: such a URI has no path."""
    rest = parts["path"]
    return parts["scheme"] is not None and parts["authority"] is None and rest[:1] != "/"


def _decoded(text: str) -> str:
    """Escapes read as UTF-8, malformed ones replaced, as URI.getPath and its like do."""
    return unquote_to_bytes(text).decode("utf-8", "replace")


def _part(name: str) -> Callable[[str], str | None]:
    def read(url: str) -> str | None:
        parts = _parts(url)
        if parts is None:
            return None
        return "" if name != "fragment" and _is_opaque(parts) else _decoded(parts[name] or "")

    return read


def _protocol(url: str) -> str | None:
    parts = _parts(url)
    return None if parts is None else parts["scheme"] or ""


def _server(url: str) -> re.Match[str] | None:
    """Host and port, when the authority is a server's."""
    parts = _parts(url)
    if parts is None or not parts["authority"]:
        return None
    found = _AUTHORITY.fullmatch(parts["authority"])
    return found if found and _HOST.fullmatch(found["host"]) else None


def _host(url: str) -> str | None:
    if _parts(url) is None:
        return None
    server = _server(url)
    return server["host"] if server else ""


def _port(url: str) -> int | None:
    server = _server(url)
    return int(server["port"]) if server and server["port"] else None


def _parameter(url: str, name: str) -> str | None:
    parts = _parts(url)
    if parts is None or not parts["query"]:
        return None
    for pair in parts["query"].split("&"):
        key, equals, value = pair.partition("=")
        if _decoded(key) == name:
            return _decoded(value) if equals else ""
    return None


def _encode(value: str) -> str:
    """application/x-www-form-urlencoded, as java.net.URLEncoder: a blank is `+`, `~` is escaped."""
    pieces = []
    for byte in value.encode("utf-8"):
        if byte in _PLAIN:
            pieces.append(chr(byte))
        else:
            pieces.append("+" if byte == 0x20 else f"%{byte:02X}")
    return "".join(pieces)


def _decode(value: str) -> str:
    """The inverse, as java.net.URLDecoder: `+` is a blank, a bad escape an error."""
    bad = re.search(r"%(?![0-9A-Fa-f]{2})", value)
    if bad:
        rest = value[bad.start() + 1 : bad.start() + 3]
        if len(rest) < 2:
            message = "URLDecoder: Incomplete trailing escape (%) pattern"
        else:
            message = "URLDecoder: Illegal hex characters in escape (%) pattern"
        raise SqlError("INVALID_FUNCTION_ARGUMENT", message)
    return unquote_to_bytes(value.replace("+", " ")).decode("utf-8", "replace")


def _python(name: str, function: Callable[..., Any]) -> ScalarWriter:
    def write(call: Call, arguments: Sequence[str]) -> str:
        types = ["VARCHAR"] * len(arguments)
        return call_python(name, function, arguments, types, duckdb_type(call.type))

    return write


SCALARS: dict[str, ScalarWriter] = {
    "url_extract_protocol": _python("url_extract_protocol", _protocol),
    "url_extract_host": _python("url_extract_host", _host),
    "url_extract_port": _python("url_extract_port", _port),
    "url_extract_path": _python("url_extract_path", _part("path")),
    "url_extract_query": _python("url_extract_query", _part("query")),
    "url_extract_fragment": _python("url_extract_fragment", _part("fragment")),
    "url_extract_parameter": _python("url_extract_parameter", _parameter),
    "url_encode": _python("url_encode", _encode),
    "url_decode": _python("url_decode", _decode),
}
