"""What the boto3 sessions of a process share, so that it is read and made once.

dbt-athena opens a session for each connection, which reads megabytes of service models, and makes
a client for each step: together most of the processor time of a build. Sessions do not change the
models, and a client may serve many threads.
"""

from __future__ import annotations

import functools
import os
import threading
from typing import Any

import boto3.session
import botocore.loaders
import botocore.session

_session_class: Any = boto3.session.Session
_make_client = _session_class.client


def share_clients() -> None:
    """Share models and clients from now on: those of equal credentials, surroundings (variables
    such as AWS_ENDPOINT_URL), service and options."""
    if botocore.session.create_loader is botocore.loaders.create_loader:
        botocore.session.create_loader = functools.cache(botocore.loaders.create_loader)
    if _session_class.client is not _make_client:
        return
    clients: dict[str, Any] = {}
    lock = threading.Lock()

    def client(session: boto3.session.Session, service: str, *more: Any, **options: Any) -> Any:
        credentials = session.get_credentials()
        config = options.get("config")
        key = repr(
            (
                credentials and (credentials.access_key, credentials.token),
                sorted(pair for pair in os.environ.items() if pair[0].startswith("AWS_")),
                (session.profile_name, session.region_name, service, more),
                sorted((name, value) for name, value in options.items() if name != "config"),
                config and sorted(vars(config).items()),
            )
        )
        with lock:
            if key not in clients:
                clients[key] = _make_client(session, service, *more, **options)
            return clients[key]

    _session_class.client = client
