"""Files that appear whole or not at all: written aside, flushed to disk, renamed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`; a crash leaves the old file or the new one, never a half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def write_json(path: Path, document: Any) -> None:
    """Write a document as readable JSON in UTF-8, keys in the order given."""
    write_bytes(path, (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode())
