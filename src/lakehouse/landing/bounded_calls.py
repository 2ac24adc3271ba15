"""HTTP calls that end when their time is over, whatever the other side does.

The time-outs of `requests` count from byte to byte: who sends one now and then keeps a call for
ever, in the middle of a header as well as of a body.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Any
from weakref import WeakSet

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool


class OverdueError(Exception):
    """A call lasted longer than it may."""


class BoundedAdapter(HTTPAdapter):
    """The connections of a session whose calls are made one after the other."""

    def __init__(self) -> None:
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._is_overdue = False
        super().__init__()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Hang up on a call that is not finished after so many seconds.

        Raises:
            OverdueError: that was done, whatever the call made of it.
        """
        self._is_overdue = False
        timer = Timer(seconds, self._hang_up)
        timer.daemon = True
        timer.start()
        failure: Exception | None = None
        try:
            yield
        except Exception as error:
            failure = error
            raise
        finally:
            timer.cancel()
            timer.join()
            if self._is_overdue:
                raise OverdueError(f"not finished after {seconds:.0f} s") from failure

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        """See `HTTPAdapter`."""
        super().init_poolmanager(*args, **more)
        self._note_sockets(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **more: Any) -> Any:
        """See `HTTPAdapter`."""
        manager = super().proxy_manager_for(*args, **more)
        self._note_sockets(manager)
        return manager

    def _note_sockets(self, manager: Any) -> None:
        manager.pool_classes_by_scheme = {
            "http": self._noting(HTTPConnectionPool),
            "https": self._noting(HTTPSConnectionPool),
        }

    def _noting(self, pool: Any) -> type:
        """The class of pools whose connections have their sockets noted: the one that is opened,
        and that of TLS which takes its place."""
        base = pool.ConnectionCls

        def new_conn(connection: Any) -> socket.socket:
            return self._note(base._new_conn(connection))

        def connect(connection: Any) -> None:
            base.connect(connection)
            self._note(connection.sock)

        noting = type(base.__name__, (base,), {"_new_conn": new_conn, "connect": connect})
        return type(pool.__name__, (pool,), {"ConnectionCls": noting})

    def _note(self, line: socket.socket) -> socket.socket:
        self._sockets.add(line)
        if self._is_overdue:
            _shut(line)
        return line

    def _hang_up(self) -> None:
        self._is_overdue = True
        for line in list(self._sockets):
            _shut(line)


def _shut(line: socket.socket) -> None:
    """End a connection under whoever waits for it. A socket of TLS would forget that it is one."""
    with suppress(OSError):
        socket.socket.shutdown(line, socket.SHUT_RDWR)
