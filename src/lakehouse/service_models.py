"""One copy of AWS's service models for all boto3 sessions of a process."""

from __future__ import annotations

import functools


def share_service_models() -> None:
    """Let all boto3 sessions of this process share the service models that they read.

    dbt-athena opens a session for each connection, and each reads its models, megabytes of JSON,
    anew: half of the processor time of a build. Sessions do not change what they read.
    """
    import botocore.loaders
    import botocore.session

    if botocore.session.create_loader is botocore.loaders.create_loader:
        botocore.session.create_loader = functools.cache(botocore.loaders.create_loader)
