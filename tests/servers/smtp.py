"""A mail server that takes every message over real SMTP and keeps it; with a user and a password if asked for."""

from __future__ import annotations

import base64
import email
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default


class _Session(socketserver.StreamRequestHandler):
    server: SmtpServer

    def handle(self) -> None:
        self._say("220 mail.test")
        while line := self.rfile.readline().decode().strip():
            word = line.upper().partition(" ")[0]
            if word == "EHLO":
                self._say("250-mail.test", "250-SMTPUTF8", "250-8BITMIME", "250 AUTH PLAIN LOGIN")
            elif word == "AUTH":
                self._admit(line)
            elif word == "DATA":
                self._take()
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _admit(self, line: str) -> None:
        mechanism, _, begun = line.partition(" ")[2].partition(" ")
        given = [base64.b64decode(begun).decode()] if begun else []
        while mechanism.upper() == "LOGIN" and len(given) < 2:
            self._say("334 " + base64.b64encode(b"next").decode())
            given.append(base64.b64decode(self.rfile.readline()).decode())
        self._say("235 welcome" if given[-1].endswith(self.server.password) else "535 wrong password")

    def _take(self) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        self.server.messages.append(email.message_from_bytes(b"".join(lines), policy=default))
        self._say("250 taken")

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


class SmtpServer(socketserver.ThreadingTCPServer):
    """Listens at `port` of 127.0.0.1; `messages` are those that were taken."""

    daemon_threads = True

    def __init__(self, password: str) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.password = password
        self.messages: list[EmailMessage] = []
        self.port: int = self.server_address[1]


@contextmanager
def smtp_server(password: str = "") -> Iterator[SmtpServer]:
    """A mail server, until the end of the block."""
    with SmtpServer(password) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
