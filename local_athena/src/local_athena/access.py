"""Who may ask: programs on this machine, and those that the operator named.

A web page must not run SQL on its reader's machine. It could reach a loopback port in two ways:
from its own address (the browser says so in `Origin` or `Sec-Fetch-Site`), or under a name of its
own that it lets point at 127.0.0.1 (DNS rebinding: the browser sends that name as `Host`).
"""

import ipaddress
from collections.abc import Collection
from email.message import Message
from urllib.parse import urlsplit

ANY = "*"


def is_loopback(host: str) -> bool:
    """Whether an address or name means this machine alone: 127.0.0.0/8, ::1, localhost."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def refusal(headers: Message, hosts: Collection[str]) -> str | None:
    """Why a request is not answered, or None; `hosts` are the operator's names, `*` means any."""
    host = _name(f"//{headers.get('Host') or ''}")
    if not _may_be(host, hosts):
        return (
            f"requests to the host name {host!r} are not answered; a server that others reach "
            "by it is started with --allow-host"
        )
    origin = headers.get("Origin")
    if origin is not None:
        name = _name(origin)
        return None if name and _may_be(name, hosts) else "requests of web pages are not answered"
    if headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        return "requests of web pages are not answered"
    return None


def _may_be(name: str, hosts: Collection[str]) -> bool:
    # Names of Amazon's zone, which clients are sometimes pointed here by, point nowhere else.
    amazon = name.endswith(".amazonaws.com")
    return is_loopback(name) or amazon or name in hosts or ANY in hosts


def _name(address: str) -> str:
    """The host of an address in lower case; empty when there is none."""
    try:
        return (urlsplit(address).hostname or "").lower().rstrip(".")
    except ValueError:
        return ""
