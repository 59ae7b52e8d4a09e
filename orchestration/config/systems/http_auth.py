"""How a question over HTTP says who asks; secrets are named, never written down."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from orchestration.config.systems.common import Strict
from orchestration.config.systems.http_template import refuse_unknown_names

HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
SIGNED: tuple[str, ...] = ("method", "path", "query", "timestamp", "nonce", "key", "body_sha256")


class Bearer(Strict):
    """`Authorization: Bearer …`, the token being the secret."""

    kind: Literal["bearer"]
    secret: str


class ApiKey(Strict):
    """A key in a request header, the key being the secret."""

    kind: Literal["api_key"]
    header: HeaderName
    secret: str


class Basic(Strict):
    """`Authorization: Basic …` in UTF-8, the password being the secret; `user` may hold `${NAME}`."""

    kind: Literal["basic"]
    user: str
    secret: str


class Hmac(Strict):
    """Every request signed anew, with its own timestamp and nonce; `key` may hold `${NAME}`.

    `signs` is the string to sign: a template of the names in `SIGNED`. The query is sorted and percent-encoded.
    """

    kind: Literal["hmac"]
    key: str
    secret: str
    key_header: HeaderName
    timestamp_header: HeaderName
    nonce_header: HeaderName
    signature_header: HeaderName
    signs: Annotated[str, AfterValidator(lambda text: refuse_unknown_names(text, SIGNED))]
    algorithm: Literal["sha256"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    timestamp_unit: Literal["seconds", "milliseconds"] = "milliseconds"


AnyAuth = Annotated[Bearer | ApiKey | Basic | Hmac, Field(discriminator="kind")]
