"""A standalone Spark master with workers, on loopback."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
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
        """Another worker of one core, which the master knows; `before` are the words of a command that is to run it."""
        number = len(self.workers)
        options = ["--host", "127.0.0.1", "--cores", "1", "--memory", "1g", "--webui-port", "0"]
        work = ["--work-dir", str(self.folder / f"work-{number}")]
        words = [*before, *_spark_class("worker.Worker"), *options, *work, self.url]
        log = self.folder / f"worker-{number}.log"
        self.workers.append(_start(words, log))
        _wait(lambda: "Successfully registered" in log.read_text("utf-8"), f"a Spark worker, see {log}")

    def kill(self, workers: Sequence[subprocess.Popen[bytes]]) -> None:
        """Kill workers with the executors that they started."""
        for worker in workers:
            _kill(worker)

    @contextmanager
    def killed_once(self, begun: Callable[[], bool], workers: Sequence[subprocess.Popen[bytes]]) -> Iterator[None]:
        """Kill workers as soon as something has begun, which it has to within the block."""
        done = threading.Event()

        def kill() -> None:
            while not done.wait(0.05):
                if begun():
                    self.kill(workers)
                    done.set()

        watching = threading.Thread(target=kill)
        watching.start()
        try:
            yield
            assert done.is_set(), "nothing was killed"
        finally:
            done.set()
            watching.join()


@contextmanager
def spark_cluster(folder: Path) -> Iterator[SparkCluster]:
    """A master without workers, for as long as the block runs."""
    java()
    port = free_port()
    options = ["--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"]
    master = _start([*_spark_class("master.Master"), *options], folder / "master.log")
    cluster = SparkCluster(f"spark://127.0.0.1:{port}", folder)
    try:
        _wait(partial(_answers, port), f"a Spark master on port {port}")
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


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _wait(is_there: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not is_there():
        if time.monotonic() > deadline:
            raise TimeoutError(f"no {what}")
        time.sleep(0.2)
