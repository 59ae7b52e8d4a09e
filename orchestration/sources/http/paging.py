"""Every page of an answer, asked for one after the other: none missing, none twice, no more than allowed."""

import hashlib
import json
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from requests.utils import parse_header_links

from orchestration.config.systems.http_paging import AnyPaging, Cursor, LinkHeader, Offset, Pages
from orchestration.sources.contract import NothingForDay
from orchestration.sources.http.document import ABSENT, Document
from orchestration.sources.http.errors import fault
from orchestration.sources.http.strict_json import brief
from orchestration.sources.http.target import Target
from orchestration.sources.normal_forms import whole_number

Walk = Generator[Target, Document, None]
Ask = Callable[[int, Target], Document]


def all_pages(paging: AnyPaging | None, target: Target, ask: Ask) -> list[Document]:
    """Every page of an answer, in order.

    Args:
        paging: how the answer is divided, if it is.
        target: the address of the whole answer.
        ask: asks for the page of that number, at its own address.

    Raises:
        BrokenAnswer: a page is missing, was repeated, or pages contradict each other.
        PermanentFault: there are more pages than the settings allow, or what says how many can't be read.
        SourceFault: whatever `ask` raises.
    """
    if paging is None:
        return [ask(1, target)]
    walk, pages, digests = _walk(paging, target), list[Document](), dict[str, str]()
    next_target: Target | None = next(walk)
    while next_target is not None:
        page = _ask_promised(ask, len(pages) + 1, next_target)
        pages.append(page)
        try:
            next_target = walk.send(page)
        except StopIteration:
            next_target = None
        _refuse_repeated(page, digests)
        _refuse_too_many(len(pages) + (next_target is not None), paging)
    return pages


def _ask_promised(ask: Ask, number: int, target: Target) -> Document:
    try:
        return ask(number, target)
    except NothingForDay as nothing:
        if number == 1:
            raise
        raise fault("page_missing", number=number, before=number - 1, reason=nothing.problem) from None


def _refuse_repeated(page: Document, digests: dict[str, str]) -> None:
    digest = hashlib.sha256(json.dumps(page.rows, sort_keys=True).encode()).hexdigest()
    first = digests.setdefault(digest, page.where)
    if page.rows and first != page.where:
        raise fault("page_repeated", where=page.where, first=first)


def _walk(paging: AnyPaging, target: Target) -> Walk:
    """Yields what to ask next and is sent the page that came, to the last; raises SourceFault where pages don't fit."""
    match paging:
        case Pages():
            return _by_number(paging, target)
        case Offset():
            return _by_offset(paging, target)
        case Cursor():
            return _by_cursor(paging, target)
        case LinkHeader():
            return _by_link(target)


def _refuse_too_many(pages: int, paging: AnyPaging) -> None:
    if pages > paging.most_pages:
        raise fault("too_many_pages", most=paging.most_pages)


def _at(paging: Pages | Offset, target: Target, position: int) -> Target:
    values = (position, paging.per_page)
    return target.with_parameters(dict(zip(paging.parameters(), values, strict=True)), paging.parameters_in)


def _by_number(paging: Pages, target: Target) -> Walk:
    page = yield _at(paging, target, 1)
    _refuse_other_position(page, paging.this_page, 1, "page")
    if paging.pages is not None:
        stated, count = paging.pages, _count(page, paging.pages, "pages", least=1)
    else:
        stated = str(paging.total)
        count = max(1, -(-_count(page, stated, "rows", least=0) // paging.per_page))
    _refuse_too_many(count, paging)
    promised, rows = page.value(stated), len(page.rows)
    for number in range(2, count + 1):
        page = yield _at(paging, target, number)
        _refuse_other_position(page, paging.this_page, number, "page")
        _refuse_changed(page, stated, promised)
        rows += len(page.rows)
    if paging.total is not None:
        refuse_other_count(rows, promised)


def _by_offset(paging: Offset, target: Target) -> Walk:
    page = yield _at(paging, target, 0)
    _refuse_other_position(page, paging.this_offset, 0, "offset")
    total, rows = _count(page, paging.total, "rows", least=0), len(page.rows)
    _refuse_too_many(-(-total // paging.per_page), paging)
    promised = page.value(paging.total)
    while rows < total and page.rows:
        page = yield _at(paging, target, rows)
        _refuse_other_position(page, paging.this_offset, rows, "offset")
        _refuse_changed(page, paging.total, promised)
        rows += len(page.rows)
    refuse_other_count(rows, promised)


def _by_cursor(paging: Cursor, target: Target) -> Walk:
    followed = set[str | int]()
    page = yield target
    while (cursor := _cursor(page, paging.next)) is not None:
        if cursor in followed:
            raise fault("cursor_repeated", where=page.where)
        followed.add(cursor)
        page = yield target.with_parameters({paging.cursor: cursor}, paging.parameters_in)


def _cursor(page: Document, path: str) -> str | int | None:
    cursor = page.find(path)
    if cursor is ABSENT or cursor is None or cursor == "":
        return None
    if isinstance(cursor, str | int) and not isinstance(cursor, bool):
        return cursor
    raise fault("no_cursor", where=page.where, path=path, stated=brief(cursor))


def _by_link(target: Target) -> Walk:
    page = yield target
    followed = {page.url}
    while url := _next_link(page):
        if url in followed:
            raise fault("link_repeated", where=page.where)
        followed.add(url)
        page = yield replace(target, url=url, parameters={})


def _next_link(page: Document) -> str | None:
    links = parse_header_links(page.link) if page.link else []
    try:
        targets = {urljoin(page.url, link["url"]) for link in links if "next" in link.get("rel", "").lower().split()}
        foreign = [target for target in targets if _origin(target) != _origin(page.url)]
    except ValueError:
        raise fault("no_address", where=page.where) from None
    if foreign:
        raise fault("foreign_link", where=page.where)
    if len(targets) > 1:
        raise fault("many_links", where=page.where, count=len(targets))
    return targets.pop() if targets else None


def _origin(url: str) -> tuple[str, str | None, int | None, bool]:
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, port, "@" in parts.netloc


def _count(page: Document, path: str, what: str, least: int) -> int:
    count = whole_number(page.value(path))
    if type(count) is not int or count < least:
        raise fault("no_count", where=page.where, stated=brief(count), what=what)
    return count


def _refuse_other_position(page: Document, path: str | None, wanted: int, what: str) -> None:
    if path is None:
        return
    stated = whole_number(page.value(path))
    if type(stated) is not int or stated != wanted:
        raise fault("other_position", where=page.where, path=path, stated=brief(stated), what=what, wanted=wanted)


def _refuse_changed(page: Document, path: str, promised: Any) -> None:
    stated = page.find(path)
    if stated is not ABSENT and whole_number(stated) != whole_number(promised):
        raise fault("changed", where=page.where, path=path, stated=brief(stated), promised=brief(promised))


def refuse_other_count(rows: int, stated: Any) -> None:
    """Raise BrokenAnswer where the rows of all pages aren't as many as the system states."""
    declared = whole_number(stated)
    if type(declared) is not int or declared != rows:
        raise fault("other_count", declared=brief(declared), rows=rows)
