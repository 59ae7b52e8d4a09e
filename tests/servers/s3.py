"""An S3-compatible storage (moto), on an ephemeral port, that counts the requests under way."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3  # type: ignore[import-untyped]  # it carries no types

ACCESS_KEY = "AKIAYUEBAOTESTS00001"
SECRET_KEY = "not-a-real-secret-but-one-to-look-for"
BUCKET = "hall-drops"


@dataclass
class S3Server:
    """A running storage with one bucket."""

    endpoint: str
    requests: list[tuple[str, str]] = field(default_factory=list)
    most_at_once: int = 0

    def put(self, key: str, content: bytes) -> None:
        self.client().put_object(Bucket=BUCKET, Key=key, Body=content)

    def client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name="us-east-1",
        )


@contextlib.contextmanager
def s3_server() -> Iterator[S3Server]:
    """A storage that stops at the end."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        storage = S3Server(f"http://{host}:{port}")
        storage.client().create_bucket(Bucket=BUCKET)
        _count(server, storage)
        yield storage
    finally:
        server.stop()


def _count(server: Any, storage: S3Server) -> None:
    answer: Callable[..., Any] = server._server.app
    lock, now = threading.Lock(), [0]

    def counted(environ: dict[str, Any], start_response: Any) -> Any:
        with lock:
            now[0] += 1
            storage.most_at_once = max(storage.most_at_once, now[0])
            storage.requests.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        try:
            return answer(environ, start_response)
        finally:
            with lock:
                now[0] -= 1

    server._server.app = counted
