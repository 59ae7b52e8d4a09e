"""Folders of an S3-compatible storage: s3fs, with one connection per client and nothing taken from the environment."""

from collections.abc import Mapping
from typing import Any

from fsspec import AbstractFileSystem
from s3fs import S3FileSystem

from orchestration.config.hall import expand, secret
from orchestration.config.systems.drop_storage import S3
from orchestration.sources.files.storage import Storage


def s3(url: str, storage: S3, timeout: float, variables: Mapping[str, str]) -> Storage:
    """The folder of an address `s3://bucket/prefix`; SettingsError where a secret isn't set."""
    options: dict[str, Any] = {
        "key": secret(storage.access_key, variables),
        "secret": secret(storage.secret_key, variables),
        "endpoint_url": expand(storage.endpoint, variables),
        "client_kwargs": {"region_name": storage.region},
        "config_kwargs": {
            "connect_timeout": timeout,
            "read_timeout": timeout,
            "max_pool_connections": 1,
            # How often a question is asked again the hall's settings say.
            "retries": {"max_attempts": 0},
            # The hall's settings say where a system is; a proxy variable of the shell must not reroute it.
            "proxies": {},
        },
    }

    def connect() -> AbstractFileSystem:
        connection = S3FileSystem(skip_instance_cache=True, use_listings_cache=False, **options)
        connection.retries = 1
        return connection

    return Storage(
        address=url,
        root=url.partition("://")[2].rstrip("/"),
        connect=connect,
        max_connections=storage.max_connections,
        errors="s3",
    )
