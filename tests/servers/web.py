"""A web server that says what a test tells it to, down to the bytes, and a forward proxy; both note what is asked.

Plain sockets below `http.server`, because no well-made server can be brought to say what hostile ones do.
"""

from __future__ import annotations

import base64
import contextlib
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request, `at` a moment of the monotonic clock."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    method: str = "GET"
    at: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class Reply:
    """A well-made answer."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)


Raw = Callable[[socket.socket], None]
Answering = Callable[[Asked], Reply | Raw]


class Listener:
    """Accepts connections at `port` of 127.0.0.1, each handled in a thread, until it is cut off."""

    handler: type[BaseHTTPRequestHandler]

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._open = 0
        self.peak = 0
        self._connections: set[socket.socket] = set()
        self._bound = self._bind(0)
        self.port: int = self._bound.getsockname()[1]
        self.restore()

    @staticmethod
    def _bind(port: int) -> socket.socket:
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
        return bound

    def restore(self) -> None:
        """Be reachable, at the same port as ever."""
        self._listening = self._bound
        self._listening.listen(128)
        self.is_cut = False
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def cut(self) -> None:
        """Be unreachable: no new connection, and none after the answer under way."""
        self.is_cut = True
        # Closing alone doesn't wake a thread that waits in accept().
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        # Whoever asks for a free port meanwhile must not be given this one.
        self._bound = self._bind(self.port)

    def close(self) -> None:
        """End, and every connection with it."""
        if not self.is_cut:
            self.cut()
        self._bound.close()
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, address = listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection, address), daemon=True).start()

    def _serve(self, connection: socket.socket, address: Any) -> None:
        with self._lock:
            self._open += 1
            self.peak = max(self.peak, self._open)
            self._connections.add(connection)
        # A client may leave at any time, and a hostile answer makes it.
        with contextlib.suppress(OSError, ValueError), connection:
            secured = self._context.wrap_socket(connection, server_side=True) if self._context else connection
            self.handler(secured, address, self)  # type: ignore[arg-type]
            secured.close()
        with self._lock:
            self._open -= 1
            self._connections.discard(connection)


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: WebServer  # type: ignore[assignment]

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(
            url.path, dict(parse_qsl(url.query, keep_blank_values=True)), dict(self.headers.items()), body, self.command
        )
        self.server.asked.append(asked)
        reply = self.server.answer(asked)
        if self.server.is_cut or not isinstance(reply, Reply):
            self.close_connection = True
        if not isinstance(reply, Reply):
            reply(self.connection)
            return
        self.send_response(reply.status)
        for name, value in (*reply.headers, ("Content-Length", str(len(reply.body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    # CONNECT for tests of what a proxy may say.
    do_POST = do_CONNECT = do_GET  # noqa: N815 - http.server's names

    def log_message(self, *_args: Any) -> None:
        pass


class WebServer(Listener):
    """Answers every request by `answer`; `asked` has them all, `peak` the most connections open at once."""

    handler = _Answers

    def __init__(self, answer: Answering, context: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        super().__init__(context)
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"


class _Forwards(BaseHTTPRequestHandler):
    server: Proxy  # type: ignore[assignment]

    def do_CONNECT(self) -> None:
        host, _, port = self.path.rpartition(":")
        if self._admitted() and (upstream := self._reached(host, int(port))):
            with upstream:
                self.send_response(200, "Connection established")
                self.end_headers()
                _joined(self.connection, upstream)

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if self._admitted() and (upstream := self._reached(str(url.hostname), url.port or 80)):
            with upstream:
                query = f"?{url.query}" if url.query else ""
                lines = [f"GET {url.path}{query} HTTP/1.1", *(f"{k}: {v}" for k, v in self.headers.items())]
                upstream.sendall("\r\n".join([*lines, "", ""]).encode())
                _joined(self.connection, upstream)

    def _admitted(self) -> bool:
        self.server.asked.append(f"{self.command} {self.path}")
        self.close_connection = True
        if self.server.credentials is None:
            return True
        wanted = "Basic " + base64.b64encode(self.server.credentials.encode()).decode()
        if self.headers.get("Proxy-Authorization") == wanted:
            return True
        self.send_error(407)
        return False

    def _reached(self, host: str, port: int) -> socket.socket | None:
        place = ("127.0.0.1", self.server.leads_to) if self.server.leads_to else (host, port)
        try:
            return socket.create_connection(place)
        except OSError:
            self.send_error(502)
            return None

    def log_message(self, *_args: Any) -> None:
        pass


def _joined(here: socket.socket, there: socket.socket) -> None:
    """Pass bytes both ways until either end closes."""
    while True:
        for ready in select.select([here, there], [], [])[0]:
            piece = ready.recv(65536)
            if not piece:
                return
            (there if ready is here else here).sendall(piece)


class Proxy(Listener):
    """A forward proxy, by absolute address and by CONNECT; `asked` has the request lines.

    With `leads_to`, a port of 127.0.0.1, it leads there whatever host is asked for.
    """

    handler = _Forwards

    def __init__(self, credentials: str | None = None, leads_to: int | None = None) -> None:
        self.credentials = credentials
        self.leads_to = leads_to
        self.asked: list[str] = []
        super().__init__()


@contextmanager
def web_server(answer: Answering, context: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    """A web server, until the end of the block."""
    server = WebServer(answer, context)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def forward_proxy(credentials: str | None = None, leads_to: int | None = None) -> Iterator[Proxy]:
    """A forward proxy that asks for `user:password`, if given, until the end of the block."""
    proxy = Proxy(credentials, leads_to)
    try:
        yield proxy
    finally:
        proxy.close()


def exactly(*pieces: bytes) -> Answering:
    """Those bytes, status line and all, and then the end of the connection."""

    def send(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)

    return lambda _asked: send


def dripping(begin: bytes, drop: bytes) -> Answering:
    """`begin`, and then `drop` every now and then for ever."""

    def send(connection: socket.socket) -> None:
        connection.sendall(begin)
        while True:
            connection.sendall(drop)
            time.sleep(0.02)

    return lambda _asked: send


def resetting(begin: bytes = b"") -> Answering:
    """`begin`, and then a reset."""

    def send(connection: socket.socket) -> None:
        connection.sendall(begin)
        # Lingering for no time makes close() send RST.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    return lambda _asked: send
