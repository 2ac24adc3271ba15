"""Airflow's way to the Talend Management Console: a connection, whatever its type.

Its password is the personal access token. Its host is the base address; without one, the extra
`region` names a region of Talend Cloud (`eu`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk.bases.hook import BaseHook

from lakehouse.orchestration.talend.api import (
    Access,
    Patience,
    TmcClient,
    read_execution_id,
    region_url,
    start_request,
    terminate_request,
)
from lakehouse.orchestration.talend.errors import TalendError


class TalendHook(BaseHook):
    """Start, ask and stop executions of Talend tasks; and where their logs are.

    Every method raises TalendUnavailableError when the Management Console does not answer, and
    TalendError when it refuses.
    """

    default_conn_name = "talend_default"

    def __init__(
        self, talend_conn_id: str = default_conn_name, patience: Patience | None = None
    ) -> None:
        super().__init__()
        self.talend_conn_id = talend_conn_id
        self.patience = patience or Patience()

    def get_access(self) -> Access:
        """Address and token, in a worker."""
        return read_access(self.get_connection(self.talend_conn_id))

    async def aget_access(self) -> Access:
        """Address and token, in the triggerer."""
        return read_access(await self.aget_connection(self.talend_conn_id))

    def get_conn(self) -> TmcClient:
        """A client; close it, or use it in a with statement."""
        return TmcClient(self.get_access(), self.patience)

    def start(
        self,
        executable: str,
        parameters: Mapping[str, str],
        *,
        timeout_minutes: int | None = None,
        log_level: str | None = None,
    ) -> str:
        """Start the task of that id; return the id of its execution."""
        request = start_request(
            executable, parameters, timeout_minutes=timeout_minutes, log_level=log_level
        )
        with self.get_conn() as client:
            return read_execution_id(client.send(request))

    def terminate(self, execution_id: str) -> None:
        """Stop an execution."""
        with self.get_conn() as client:
            client.send(terminate_request(execution_id))

    def log_link(self, execution_id: str) -> str:
        """Where the execution's log is; reading it there takes the token."""
        return f"{self.get_access().base_url}/monitoring/executions/{execution_id}/logs"


def read_access(connection: Any) -> Access:
    """Address and token out of an Airflow connection; raises TalendError naming what is missing."""
    name = connection.conn_id
    if not connection.password:
        raise TalendError(f"connection {name} has no password: put the personal access token there")
    host = (connection.host or "").rstrip("/")
    region = connection.extra_dejson.get("region")
    if not host and not region:
        raise TalendError(
            f"connection {name} has neither host nor region: set the host to "
            'https://api.<region>.cloud.talend.com, or the extra to {"region": "eu"}'
        )
    if not host:
        return Access(region_url(region), connection.password)
    if "://" not in host:
        host = f"https://{host}" + (f":{connection.port}" if connection.port else "")
    elif not host.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise TalendError(
            f"connection {name}: {host} would send the token in clear text: use https"
        )
    return Access(host, connection.password)
