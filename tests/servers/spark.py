"""A standalone Spark master with workers, on loopback."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from tests.servers.programs import program

_PATIENCE = 60.0


def java() -> str:
    """The Java that Spark runs on, installed from Debian if need be."""
    return program("java", "openjdk-17-jre-headless")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@dataclass
class SparkCluster:
    """A master, and its workers by their processes."""

    url: str
    folder: Path
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add_worker(self, *before: str) -> None:
        """Another worker of one core; `before` are the words of a command that is to run it."""
        number = len(self.workers)
        options = ["--host", "127.0.0.1", "--cores", "1", "--memory", "1g", "--webui-port", "0"]
        work = ["--work-dir", str(self.folder / f"work-{number}")]
        words = [*before, *_spark_class("worker.Worker"), *options, *work, self.url]
        self.workers.append(_start(words, self.folder / f"worker-{number}.log"))

    def kill_workers(self, workers: Sequence[subprocess.Popen[bytes]]) -> None:
        """Kill workers with the executors that they started."""
        for worker in workers:
            _kill(worker)


@contextmanager
def spark_cluster(folder: Path) -> Iterator[SparkCluster]:
    """A master without workers, for as long as the block runs."""
    java()
    port = free_port()
    options = ["--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"]
    master = _start([*_spark_class("master.Master"), *options], folder / "master.log")
    cluster = SparkCluster(f"spark://127.0.0.1:{port}", folder)
    try:
        _wait_for(port)
        yield cluster
    finally:
        for process in (*cluster.workers, master):
            _kill(process)


def _spark_class(name: str) -> list[str]:
    installed = find_spec("pyspark")
    assert installed
    assert installed.origin
    return [str(Path(installed.origin).parent / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}"]


def _start(words: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1"}
    with log.open("wb") as output:
        return subprocess.Popen(words, env=environment, stdout=output, stderr=output, start_new_session=True)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.2)
    raise TimeoutError(f"no Spark master on port {port}")
