"""How an answer over HTTP is divided into pages; `kind` tells the ways apart, and is `pages` where it isn't given."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from orchestration.config.systems.common import Strict

DottedPath = Annotated[str, Field(pattern=r"^[^.]+(\.[^.]+)*$")]


class _Paging(Strict):
    """What every way shares: `parameters_in` says where its parameters go, else the body where a question has one.

    In a JSON body a parameter may be a dotted path, such as `page.number`.
    """

    most_pages: int = Field(default=10_000, ge=1)
    parameters_in: Literal["query", "body"] | None = None
    names_parameters: ClassVar[tuple[str, ...]] = ()

    def parameters(self) -> tuple[str, ...]:
        """The query parameters that the paging sets."""
        return tuple(getattr(self, key) for key in self.names_parameters)


class Pages(_Paging):
    """Pages numbered from 1: the names of the query parameters, and where the answer counts its pages, or all rows.

    `this_page` is where an answer repeats its own number.
    """

    names_parameters = ("page", "size")
    kind: Literal["pages"] = "pages"
    page: str
    size: str
    per_page: int = Field(ge=1)
    this_page: DottedPath | None = None
    pages: DottedPath | None = None
    total: DottedPath | None = None

    @model_validator(mode="after")
    def _is_counted_in_one_way(self) -> Self:
        if (self.pages is None) == (self.total is None):
            raise ValueError(
                "give one of pages (where the answer counts its pages) and total (where it counts all rows)"
            )
        return self


class Offset(_Paging):
    """Rows from an offset on, until as many are in as the answer says there are; `this_offset` repeats the offset."""

    names_parameters = ("offset", "limit")
    kind: Literal["offset"]
    offset: str
    limit: str
    per_page: int = Field(ge=1)
    total: DottedPath
    this_offset: DottedPath | None = None


class Cursor(_Paging):
    """Each page holds the cursor of the next, at `next`; an empty or absent one ends it."""

    names_parameters = ("cursor",)
    kind: Literal["cursor"]
    cursor: str
    next: DottedPath


class LinkHeader(_Paging):
    """Each page names the next in its header `Link` with rel="next" (RFC 8288), on the same origin."""

    kind: Literal["link_header"]


def _tag(paging: Any) -> str:
    kind = paging.get("kind", "pages") if isinstance(paging, dict) else getattr(paging, "kind", None)
    return f"kind {kind}"


# The tags are no keys of the settings, as `pages` and `cursor` are: a wrong key is named by the way that led to it.
AnyPaging = Annotated[
    Annotated[Pages, Tag("kind pages")]
    | Annotated[Offset, Tag("kind offset")]
    | Annotated[Cursor, Tag("kind cursor")]
    | Annotated[LinkHeader, Tag("kind link_header")],
    Discriminator(
        _tag,
        custom_error_type="paging_kind",
        custom_error_message="kind isn't known; allowed are 'pages', 'offset', 'cursor', 'link_header'",
    ),
]
