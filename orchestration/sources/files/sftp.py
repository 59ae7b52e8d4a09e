"""Folders over SFTP: paramiko's connection by way of fsspec, to hosts whose key is known."""

import io
import logging
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import paramiko
from fsspec import AbstractFileSystem
from fsspec.implementations.sftp import SFTPFileSystem

from orchestration.config.hall import SettingsError, expand, secret
from orchestration.config.systems.drop_storage import Sftp
from orchestration.sources.files.storage import Storage

# What goes wrong is said by the fault; paramiko would write a traceback of it to the terminal, too.
logging.getLogger("paramiko").addHandler(logging.NullHandler())
_KEYS = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


class UnknownHost(paramiko.SSHException):
    """The host's key isn't known."""


class _Refuse(paramiko.MissingHostKeyPolicy):
    def missing_host_key(self, _client: paramiko.SSHClient, _hostname: str, _key: paramiko.PKey) -> None:
        raise UnknownHost


class _KnownHostFileSystem(SFTPFileSystem):  # type: ignore[misc]  # fsspec has no types
    """As fsspec's, but a host is known by a file, and everything ends in time."""

    cachable = False

    def __init__(self, host: str, known_hosts: str, timeout: float, **login: Any) -> None:
        self._known_hosts, self._timeout = known_hosts, timeout
        super().__init__(host, **login)

    def _connect(self) -> None:
        limits: dict[str, Any] = dict.fromkeys(
            ("timeout", "banner_timeout", "auth_timeout", "channel_timeout"), self._timeout
        )
        self.client = paramiko.SSHClient()
        # paramiko's own thread would keep the connection open when nobody holds it any more.
        weakref.finalize(self, self.client.close)
        self.client.load_host_keys(self._known_hosts)
        self.client.set_missing_host_key_policy(_Refuse())
        try:
            self.client.connect(self.host, allow_agent=False, look_for_keys=False, **limits, **self.ssh_kwargs)
            self.ftp = self.client.open_sftp()
        except Exception:
            self.client.close()
            raise
        channel = self.ftp.get_channel()
        assert channel is not None  # noqa: S101 - an opened client has one
        channel.settimeout(self._timeout)


def sftp(url: str, storage: Sftp, timeout: float, folder: Path, variables: Mapping[str, str]) -> Storage:
    """The folder of an address `sftp://host:port/path`.

    Raises:
        SettingsError: the address, the file of known hosts or the key can't be used, or a secret isn't set.
    """
    try:
        address = urlsplit(url)
        port = address.port or 22
    except ValueError as error:
        raise SettingsError("folder is no address of the form sftp://host:port/path") from error
    known_hosts = folder / expand(storage.known_hosts, variables)
    if not known_hosts.is_file():
        raise SettingsError(f"storage.known_hosts: {known_hosts} isn't there; make it by ssh-keyscan and review it")
    login = {"port": port, "username": expand(storage.user, variables), **_credentials(storage, variables)}
    host, root = address.hostname or "", unquote(address.path) or "/"

    def connect() -> AbstractFileSystem:
        return _KnownHostFileSystem(host, str(known_hosts), timeout, **login)

    return Storage(
        address=url,
        root=root,
        connect=connect,
        max_connections=storage.max_connections,
        errors="sftp",
        is_alive=lambda connection: bool((transport := connection.client.get_transport()) and transport.is_active()),
        close=lambda connection: connection.client.close(),
        resolve=lambda connection, path: connection.ftp.normalize(path),
    )


def _credentials(storage: Sftp, variables: Mapping[str, str]) -> Mapping[str, Any]:
    if storage.password:
        return {"password": secret(storage.password, variables)}
    passphrase = secret(storage.passphrase, variables) if storage.passphrase else None
    return {"pkey": _private_key(secret(storage.key, variables), passphrase, storage.key)}


def _private_key(text: str, passphrase: str | None, name: str) -> paramiko.PKey:
    for kind in _KEYS:
        try:
            return kind.from_private_key(io.StringIO(text), passphrase)
        except (paramiko.SSHException, ValueError, IndexError):
            continue
    raise SettingsError(
        f"storage.key: {name} holds no private key that can be read (Ed25519, ECDSA or RSA, by OpenSSH)"
    )
