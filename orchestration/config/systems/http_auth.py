"""How a question over HTTP says who asks; secrets are named, never written down."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, JsonValue, model_validator

from orchestration.config.systems.common import Strict
from orchestration.config.systems.http_paging import DottedPath
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


class Token(Strict):
    """A token that is fetched first, kept while it holds, and fetched again once where it is refused (401).

    `url` is asked by `method`, with `query` and `body` (JSON) or `form`; `${NAME}` in their values are secrets. The
    answer holds the token at the dotted path `token`, and at `expires_in`, where it says so, for how many seconds it
    holds. It is sent as the header `header` after `prefix`, or as the query parameter `parameter`.
    """

    kind: Literal["token"]
    url: Annotated[str, Field(pattern=r"^(https?://|\$\{)")]
    method: Literal["GET", "POST"] = "POST"
    query: dict[str, str] = Field(default={})
    body: dict[str, JsonValue] | None = None
    form: dict[str, str] | None = None
    token: DottedPath
    expires_in: DottedPath | None = None
    header: HeaderName = "Authorization"
    prefix: str = "Bearer "
    parameter: str | None = None

    @model_validator(mode="after")
    def _has_one_body(self) -> Self:
        if self.body is not None and self.form is not None:
            raise ValueError("give one of body (sent as JSON) and form (sent as a web form)")
        if self.method == "GET" and (self.body is not None or self.form is not None):
            raise ValueError('body and form need method = "POST"')
        return self


AnyAuth = Annotated[Bearer | ApiKey | Basic | Hmac | Token, Field(discriminator="kind")]
