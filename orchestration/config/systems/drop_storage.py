"""Where a drop folder lies when that isn't this machine: the settings of a connection over SFTP or to S3."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from orchestration.config.systems.common import Strict


class Sftp(Strict):
    """A folder `sftp://host:port/path`; `password`, `key` (a private key's text) and `passphrase` name secrets.

    `known_hosts` is a file in OpenSSH's form, in the hall's folder unless absolute: a host whose key it doesn't hold is
    refused. No more than `max_connections` are open at once.
    """

    kind: Literal["sftp"]
    user: str = Field(min_length=1)
    known_hosts: str = Field(min_length=1)
    password: str = ""
    key: str = ""
    passphrase: str = ""
    max_connections: int = Field(default=2, ge=1, le=32)

    @model_validator(mode="after")
    def _one_way_to_log_in(self) -> Self:
        if bool(self.password) == bool(self.key):
            raise ValueError("name the secret of either password or key, and not of both")
        if self.passphrase and not self.key:
            raise ValueError("passphrase is that of a key, and no key is named")
        return self


class S3(Strict):
    """A folder `s3://bucket/prefix`; `access_key` and `secret_key` name secrets.

    No more than `max_connections` requests are under way at once.
    """

    kind: Literal["s3"]
    endpoint: str
    region: str = "us-east-1"
    access_key: str = Field(min_length=1)
    secret_key: str = Field(min_length=1)
    max_connections: int = Field(default=4, ge=1, le=32)

    @field_validator("endpoint")
    @classmethod
    def _endpoint_is_an_address(cls, endpoint: str) -> str:
        parts = urlsplit(endpoint)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
            raise ValueError("allowed is an address such as https://host:9000, without user and password")
        return endpoint


StorageSettings = Annotated[Sftp | S3, Field(discriminator="kind")]
