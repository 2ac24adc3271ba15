"""A machine to log in to: asyncssh's server on loopback, which runs real shells."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from lakehouse.orchestration.talend.ssh import Host


@dataclass
class Machine:
    """A machine that answers on loopback; `cut` breaks all of its connections."""

    host: Host
    loop: asyncio.AbstractEventLoop
    connections: list[asyncssh.SSHServerConnection]

    def cut(self) -> None:
        """Break every connection, as a network does: nobody says goodbye."""
        for connection in self.connections:
            self.loop.call_soon_threadsafe(connection.abort)


@contextmanager
def serve_machine(folder: Path, environ: Mapping[str, str]) -> Iterator[Machine]:
    """A machine whose shells have these variables; its keys lie in the folder."""
    server_key = asyncssh.generate_private_key("ssh-ed25519")
    client_key = asyncssh.generate_private_key("ssh-ed25519")
    key_file = folder / "id"
    client_key.write_private_key(key_file)
    key_file.chmod(0o600)
    connections: list[asyncssh.SSHServerConnection] = []

    class Door(asyncssh.SSHServer):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            connections.append(conn)

    async def run(process: asyncssh.SSHServerProcess[bytes]) -> None:
        shell = await asyncio.create_subprocess_exec(
            "sh",
            "-c",
            process.command or "",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=dict(environ),
        )
        await process.redirect(stdout=shell.stdout, stderr=shell.stderr)
        process.exit(await shell.wait())

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=Door,
            server_host_keys=[server_key],
            authorized_client_keys=asyncssh.import_authorized_keys(
                client_key.export_public_key().decode()
            ),
            process_factory=run,
            encoding=None,
        )

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(30)
    host = Host(
        name="127.0.0.1",
        user="etl",
        port=server.get_port(),
        key_file=str(key_file),
        host_key=server_key.export_public_key().decode().strip(),
    )
    try:
        yield Machine(host, loop, connections)
    finally:
        loop.call_soon_threadsafe(server.close)
        asyncio.run_coroutine_threadsafe(server.wait_closed(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
