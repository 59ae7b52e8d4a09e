"""Pages that are missing, come twice, contradict each other, or have no end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.corpus import Case
from tests.http_cases.common import CONTRADICTED, GOOD, KEEPER, MAPPING, RECEIVED, case
from tests.http_halls import DAY, page, rows
from tests.servers.web import Asked, Reply

NUMBERED = {"page": "page", "size": "size", "per_page": 3, "this_page": "page"}
BY_PAGES = {"paging": {**NUMBERED, "pages": "pages"}}
BY_TOTAL = {"paging": {**NUMBERED, "total": "total"}}
BY_OFFSET = {
    "paging": {
        "kind": "offset",
        "offset": "from",
        "limit": "max",
        "per_page": 3,
        "total": "total",
        "this_offset": "from",
    }
}
BY_CURSOR = {"paging": {"kind": "cursor", "cursor": "after", "next": "next", "most_pages": 20}}
BY_LINK = {"paging": {"kind": "link_header", "most_pages": 20}}


def paged(name: str, changes: Mapping[str, Any], pages: Callable[[int], Reply], *parts: str) -> Case:
    """A case whose pages are told apart by their number, by whichever parameter."""

    def answering(asked: Asked) -> Reply:
        query = asked.query
        place = int(query.get("page", 0)) or int(query.get("from", 0)) // 3 + 1
        return pages(int(query.get("after", place)))

    return case(name, answering, *(parts and (f"{DAY}: {parts[0]}", *parts[1:])), changes=changes)


def third(number: int, **more: Any) -> Reply:
    return page(
        rows(number * 3 - 2, number * 3), **{"page": number, "pages": 3, "total": 9, "from": number * 3 - 3, **more}
    )


def _linking(link: str) -> Callable[[int], Reply]:
    return lambda number: Reply(body=GOOD, headers=(("Link", link),)) if number == 1 else page(rows(9, 9))


PAGED = (
    paged("no pages", BY_PAGES, lambda number: third(number, pages=0), "page 1 says that there are 0 pages", KEEPER),
    paged(
        "a negative count of pages",
        BY_PAGES,
        lambda number: third(number, pages=-1),
        "page 1 says that there are -1 pages",
    ),
    paged(
        "pages without end",
        BY_PAGES,
        lambda number: third(number, pages=10**9),
        "there are more than 10000 pages. Next: raise `most_pages` in hall.toml",
    ),
    paged(
        "a count of pages in words",
        BY_PAGES,
        lambda number: third(number, pages="many"),
        "page 1 says that there are 'many' pages",
    ),
    paged(
        "a count of pages that is true",
        BY_PAGES,
        lambda number: third(number, pages=True),
        "page 1 says that there are True pages",
    ),
    paged(
        "no count of pages",
        BY_PAGES,
        lambda number: page(rows(1, 3), page=number),
        "the answer has no 'pages' on page 1",
        MAPPING,
    ),
    paged(
        "rows of a negative count",
        BY_TOTAL,
        lambda number: third(number, total=-1),
        "page 1 says that there are -1 rows",
    ),
    paged("half a row", BY_OFFSET, lambda number: third(number, total=8.5), "page 1 says that there are 8.5 rows"),
    paged(
        "page 1 again", BY_PAGES, lambda _number: third(1), "page 2: page is 1 and not the page asked for (2)", RECEIVED
    ),
    paged(
        "page 1 again as page 2",
        BY_PAGES,
        lambda number: page(rows(1, 3), page=number, pages=3),
        "page 2 repeats the rows of page 1",
        CONTRADICTED,
    ),
    paged(
        "page 3 repeats page 1",
        BY_PAGES,
        lambda number: page(rows(number % 2, 3), page=number, pages=3),
        "page 3 repeats the rows of page 1",
    ),
    paged(
        "page 2 is gone",
        BY_PAGES,
        lambda number: Reply(404) if number == 2 else third(number),
        "page 2 is missing, and page 1 promised it (page 2: HTTP 404 Not Found",
        CONTRADICTED,
    ),
    paged(
        "page 3 is gone",
        BY_PAGES,
        lambda number: Reply(204) if number == 3 else third(number),
        "page 3 is missing, and page 2 promised it",
    ),
    paged(
        "page 2 is refused",
        BY_PAGES,
        lambda number: Reply(401) if number == 2 else third(number),
        "page 2: HTTP 401 Unauthorized",
    ),
    paged(
        "page 2 is of another day",
        BY_PAGES,
        lambda number: third(number, **({"date": "2025-03-13"} if number == 2 else {})),
        "page 2: date is '2025-03-13' and not",
    ),
    paged(
        "page 2 is no JSON",
        BY_PAGES,
        lambda number: Reply(body=b"{") if number == 2 else third(number),
        "page 2: the answer isn't whole JSON",
    ),
    paged(
        "it grew while it was read",
        BY_PAGES,
        lambda number: third(number, pages=number + 2),
        "page 2: pages is 4, and page 1 said 3: it changed while it was read",
        CONTRADICTED,
    ),
    paged(
        "rows were added while it was read",
        BY_TOTAL,
        lambda number: third(number, total=8 + (number > 1)),
        "page 2: total is 9, and page 1 said 8",
    ),
    paged(
        "fewer rows than promised",
        BY_TOTAL,
        lambda number: page(rows(number * 2, number * 2 + 1), page=number, total=10),
        "the system declares 10 rows and its pages hold 8",
    ),
    paged(
        "more rows than promised",
        BY_OFFSET,
        lambda number: third(number, total=2),
        "the system declares 2 rows and its pages hold 3",
    ),
    paged(
        "no more rows, and more were promised",
        BY_OFFSET,
        lambda number: third(number) if number < 3 else page([], total=9, **{"from": 6}),
        "the system declares 9 rows and its pages hold 6",
    ),
    paged(
        "another offset",
        BY_OFFSET,
        lambda number: third(number, **{"from": 0}),
        "page 2: from is 0 and not the offset asked for (3)",
        RECEIVED,
    ),
    paged(
        "offsets without end", BY_OFFSET, lambda number: third(number, total=10**9), "there are more than 10000 pages"
    ),
    paged(
        "a cursor again",
        BY_CURSOR,
        lambda number: page(rows(number, number), next=str(2 if number == 1 else 5 - number)),
        "page 3 has the cursor of a page before it, so that there is no end",
        CONTRADICTED,
    ),
    paged(
        "cursors without end",
        BY_CURSOR,
        lambda number: page(rows(number, number), next=number + 1),
        "there are more than 20 pages",
    ),
    paged(
        "empty pages without end", BY_CURSOR, lambda number: page([], next=number + 1), "there are more than 20 pages"
    ),
    paged(
        "a cursor that is true",
        BY_CURSOR,
        lambda number: third(number, next=True),
        "page 1: next is True and no cursor",
        KEEPER,
    ),
    paged(
        "a cursor that is a list",
        BY_CURSOR,
        lambda number: third(number, next=[2]),
        "page 1: next is a list and no cursor",
        KEEPER,
    ),
    paged(
        "a cursor that leads nowhere",
        BY_CURSOR,
        lambda number: Reply(404) if number == 2 else third(number, next=2),
        "page 2 is missing, and page 1 promised it",
    ),
    paged(
        "a link to another host",
        BY_LINK,
        _linking('<http://elsewhere.invalid/counts?after=2>; rel="next"'),
        "page 1 links to another origin, and our credentials go to the system's own only",
        KEEPER,
    ),
    paged(
        "a link to another port",
        BY_LINK,
        _linking("<http://127.0.0.1:1/counts?after=2>; rel=next"),
        "page 1 links to another origin",
    ),
    paged(
        "a link with a user",
        BY_LINK,
        _linking("<//me@127.0.0.1/counts?after=2>; rel=next"),
        "page 1 links to another origin",
    ),
    paged("a link to a file", BY_LINK, _linking("<file:///etc/passwd>; rel=next"), "page 1 links to another origin"),
    paged("a link to no address", BY_LINK, _linking("<http://[::1>; rel=next"), "page 1 links to what is no address"),
    paged(
        "links to two next pages",
        BY_LINK,
        _linking("</counts?after=2>; rel=next, </counts?after=3>; rel=next"),
        "page 1 links to 2 next pages",
    ),
    paged(
        "a link to itself",
        BY_LINK,
        _linking("</counts?date=2025-03-12>; rel=next"),
        "page 1 links to a page before it, so that there is no end",
        CONTRADICTED,
    ),
    paged(
        "a link back",
        BY_LINK,
        lambda number: Reply(
            body=page(rows(number, number)).body, headers=(("Link", f"</counts?after={3 - number}>; rel=next"),)
        ),
        "page 3 links to a page before it",
    ),
)
