"""The session that a system is asked through: TLS, proxy and connections as the hall's settings say, and no others."""

import logging
import ssl
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Timeout
from urllib3.util.ssl_ import create_urllib3_context

from orchestration.config.hall import SettingsError, expand, secret
from orchestration.config.systems import HttpSystem
from orchestration.config.systems.http_api import ClientCertificate
from orchestration.sources.http.deadline import POOLS

# Its warnings hold whole URLs, with queries that may be secret.
logging.getLogger("urllib3").setLevel(logging.ERROR)


class _Session(requests.Session):
    """A session that follows no redirect, and doesn't read what comes with one."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002 - it has none, whatever it says
        return None


class _Adapter(HTTPAdapter):
    """Connections with a deadline, at most so many, and our own certificate where there is one."""

    def __init__(self, context: ssl.SSLContext, most: int) -> None:
        self._context = context
        super().__init__(pool_connections=1, pool_maxsize=most)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        # What is left of the total after connecting is the read timeout, and that is the answer's: see deadline.py.
        kwargs["timeout"] = Timeout(total=kwargs["timeout"])
        return super().send(request, *args, **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager


def http_session(system: HttpSystem, folder: Path, variables: Mapping[str, str]) -> requests.Session:
    """A session for one system, safe to share between threads: it keeps connections, and no cookie.

    Raises:
        SettingsError: a certificate, which lies in the hall's folder, its key or the proxy can't be used.
    """
    session = _Session()
    # The hall's settings say where a system is; a proxy variable of the shell must not reroute it.
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "User-Agent": "yuebao"})
    if system.ca:
        session.verify = _authority_file(folder / expand(system.ca, variables))
    if system.proxy:
        proxy = _proxy(system.proxy, variables)
        session.proxies = {"http": proxy, "https": proxy}
    context = create_urllib3_context()
    if system.client_certificate:
        _load_client_certificate(context, system.client_certificate, folder, variables)
    adapter = _Adapter(context, system.max_connections)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def _authority_file(path: Path) -> str:
    try:
        ssl.create_default_context(cafile=str(path))
    except (OSError, ValueError):
        raise SettingsError(f"`ca`: {path} isn't a file of PEM certificates that can be read") from None
    return str(path)


def _proxy(template: str, variables: Mapping[str, str]) -> str:
    proxy = expand(template, variables)
    try:
        parts = urlsplit(proxy)
        usable = parts.scheme == "http" and parts.hostname and parts.port
    except ValueError:
        usable = None
    if not usable:
        raise SettingsError(f"`proxy` ({template}) is no proxy's address; allowed is http://host:port")
    return proxy


def _load_client_certificate(
    context: ssl.SSLContext, files: ClientCertificate, folder: Path, variables: Mapping[str, str]
) -> None:
    certificate, key = folder / expand(files.certificate, variables), folder / expand(files.key, variables)
    # Without a passphrase given, OpenSSL would ask for one at the terminal.
    passphrase = secret(files.passphrase, variables) if files.passphrase else ""
    try:
        context.load_cert_chain(certificate, key, password=passphrase)
    except (OSError, ValueError):
        raise SettingsError(
            f"`client_certificate`: {certificate} and {key} aren't a PEM certificate and its key, "
            "or `passphrase` names the wrong secret"
        ) from None
