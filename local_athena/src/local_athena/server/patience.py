"""How long a connection may take: clients that send a byte now and then hold no thread for ever.

A connection may be idle between two requests; a request that has begun must have its head within
seconds and its body at a least rate.
"""

import io
import socket
import time

IDLE_SECONDS = 30.0
"""A client that is forgotten, but not closed, holds its thread that long. As on AWS, whose clients
open another connection when the kept one is closed."""
HEAD_SECONDS = 30.0
BYTES_A_SECOND = 64 * 1024
ANSWER_SECONDS = 300.0
"""How long one write of an answer may wait for a client that does not read."""


class PatientReader(io.RawIOBase):
    """The bytes that a client sends; reading raises TimeoutError when it took too long."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._is_idle = True
        self._deadline = 0.0
        self.expect_request()

    def expect_request(self) -> None:
        """What comes next is a request, whenever the client has one."""
        self._is_idle = True
        self._deadline = time.monotonic() + IDLE_SECONDS

    def expect_body(self, length: int) -> None:
        """What comes next is a body of that many bytes."""
        self._is_idle = False
        self._deadline = time.monotonic() + HEAD_SECONDS + length / BYTES_A_SECOND

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """At least one byte, 0 at the end.

        Raises:
            TimeoutError: the time is over.
        """
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the request took too long")
        self._connection.settimeout(left)
        try:
            count = self._connection.recv_into(buffer)
        finally:
            self._connection.settimeout(ANSWER_SECONDS)
        if self._is_idle:
            self._is_idle = False
            self._deadline = time.monotonic() + HEAD_SECONDS
        return count
