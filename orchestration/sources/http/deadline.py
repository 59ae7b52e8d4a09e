"""Connections whose read timeout counts for a whole answer, headers and body, and not for each piece of it.

A server that sends a byte now and then would otherwise hold its caller for ever. Neither requests nor urllib3 has a
public way to bound a whole answer, so this module, and no other, reaches into them: `response_class` and `fp` of
http.client, `ConnectionCls` and `pool_classes_by_scheme` of urllib3. A test fails when an upgrade changes them.
"""

import http.client
import io
import socket
import time
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class _UntilDeadline(io.RawIOBase):
    """Reads a socket; raises TimeoutError when the socket's timeout is over, counted from the beginning."""

    def __init__(self, sock: socket.socket, whole: io.BufferedReader) -> None:
        self._sock = sock
        self._whole = whole
        self._ends = time.monotonic() + (sock.gettimeout() or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        seconds_left = self._ends - time.monotonic()
        if seconds_left <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(seconds_left)
        read: int | None = self._whole.raw.readinto(buffer)
        return read

    def close(self) -> None:
        self._whole.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        # The connection sets the socket's timeout to what is left of the whole, and then makes the response.
        self.fp = io.BufferedReader(_UntilDeadline(sock, self.fp))


class _PlainConnection(HTTPConnection):
    response_class = _Response


class _TlsConnection(HTTPSConnection):
    response_class = _Response


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


POOLS = {"http": _PlainPool, "https": _TlsPool}
