"""Forgeries by somebody with the files in hand, or with a good key too: each is found, and its file is named."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from reports.certificates.canonical import canonical_json, sha256
from reports.certificates.certificate import Certificate, CertificateError, Envelope, Head
from reports.certificates.certification import Drawn
from reports.certificates.form_2 import Signed, envelope_of
from reports.certificates.ledger import Archive, leading_links
from reports.certificates.release import release_of
from reports.certificates.release_text import release_files
from reports.certificates.verification import verify, verify_release
from tests.certificates import (
    MARCH,
    SERVICE,
    SIGNERS,
    Month,
    archive_in,
    by_service,
    copied,
    forced,
    land,
    numbers,
    sealed,
    signed,
    three_certificates,
    told,
)
from tests.moments import hall_time

NAMES = ("000001-2025-02-r1.json", "000002-2025-03-r1.json", "000003-2025-03-r2.json")
EVIDENCE = ("extracts", "checks", "boundary", "systems", "facts", "settings", "wording", "bases", "hall.toml")


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    archive = archive_in(tmp_path_factory.mktemp("certified"))
    three_certificates(archive)
    return archive


@pytest.fixture
def archive(certified: Archive, tmp_path: Path) -> Archive:
    return copied(certified, tmp_path)


def signatures_of(envelope: Envelope) -> list[Signed]:
    pairs = zip(envelope.certificate.sign_offs, envelope.signatures, strict=True)
    return [Signed(**vars(sign_off), **vars(signature)) for sign_off, signature in pairs]


def rewrite(archive: Archive, envelopes: Sequence[Envelope]) -> None:
    """Make another ledger of certificates, with every file that leads to one made to fit."""
    for path in archive.ledger.files():
        path.unlink()
    previous = ""
    for sequence, envelope in enumerate(envelopes, 1):
        certificate = envelope.certificate
        place = replace(certificate.place, sequence=sequence, previous=previous)
        again = envelope_of(replace(certificate, place=place), signatures_of(envelope))
        (archive.certificates / again.certificate.name).write_bytes(again.content)
        previous = sha256(again.content)
    links = archive.ledger.chain()
    for link in links:
        release = release_of(archive.published, link)
        shutil.rmtree(release / "chain")
        (release / "chain").mkdir()
        for before in leading_links(links, link):
            shutil.copy(before.path, release / "chain")
        shutil.copy(link.path, release / "certificate.json")


def newest(archive: Archive, *, insider: bool = False, **changes: Any) -> Certificate:
    """The newest certificate is changed, and the ledger made to fit; an insider signs it anew."""
    *before, last = [entry.envelope for entry in archive.ledger.entries()]
    forged = replace(last.certificate, **changes)
    made = signed(Drawn(forged, {}), forged.sign_offs, [SERVICE]) if insider else signatures_of(last)
    rewrite(archive, [*before, envelope_of(forged, made)])
    return archive.ledger.entries()[-1].certificate


def test_rewriting_leaves_no_trace_where_nothing_was_changed(archive: Archive) -> None:
    newest(archive)
    assert verify(archive).problems == ()
    newest(archive, insider=True)
    assert verify(archive).problems == ()


@dataclass
class Quarters:
    """Three months that don't look at each other, drawn up on the heads that a test says."""

    archive: Archive

    def certified(self, *, drawn_at_once: bool) -> list[Envelope]:
        second = Month(self.archive, "2025-06").drawn() if drawn_at_once else None
        sealed(self.archive, Month(self.archive, "2025-01").drawn())
        sealed(self.archive, second or Month(self.archive, "2025-06").drawn())
        sealed(self.archive, Month(self.archive, "2024-05").drawn())
        assert verify(self.archive).problems == ()
        return [entry.envelope for entry in self.archive.ledger.entries()]


@pytest.mark.parametrize("drawn_at_once", [True, False])
def test_reordered_links_are_told_by_those_who_saw_the_ledger_later(tmp_path: Path, *, drawn_at_once: bool) -> None:
    """A place isn't signed: each link follows the one before, and only the head that others saw tells."""
    archive = archive_in(tmp_path)
    first, second, third = Quarters(archive).certified(drawn_at_once=drawn_at_once)
    assert second.certificate.head == (Head(0, "") if drawn_at_once else Head(1, sha256(first.content)))
    rewrite(archive, [second, first, third])
    lines = told(verify(archive))
    witness = "its signers saw another certificate {} than the ledger holds now"
    assert f"000003-2024-05-r1.json: {witness.format(2)}" in lines
    assert (f"000001-2025-06-r1.json: {witness.format(1)}" in lines) != drawn_at_once
    assert all("saw another certificate" in line for line in lines), "the rest of the forgery fits"
    assert f"certificate.json: {witness.format(2)}" in told(
        verify_release(archive.published / "2024-05" / "r1", SIGNERS)
    )


def test_a_dropped_link_is_told_by_those_who_saw_it(tmp_path: Path) -> None:
    archive = archive_in(tmp_path)
    first, _, third = Quarters(archive).certified(drawn_at_once=True)
    shutil.rmtree(archive.published / "2025-06")
    rewrite(archive, [first, third])
    assert told(verify(archive)) == [
        "000002-2024-05-r1.json: its signers saw another certificate 2 than the ledger holds now"
    ]


def test_another_time_of_a_link_breaks_what_follows_it(archive: Archive) -> None:
    entries = archive.ledger.entries()
    earlier = replace(entries[1].certificate.place, at=hall_time(MARCH + timedelta(minutes=5)))
    moved = envelope_of(replace(entries[1].certificate, place=earlier), signatures_of(entries[1].envelope))
    rewrite(archive, [entries[0].envelope, moved, entries[2].envelope])
    lines = told(verify(archive))
    assert f"{NAMES[2]}: its signers saw another certificate 2 than the ledger holds now" in lines
    assert f"{NAMES[2]}: other certificates stood before it than those that it compares with" in lines


def test_added_before_it_was_signed(archive: Archive) -> None:
    last = archive.ledger.entries()[-1].certificate
    newest(archive, place=replace(last.place, at=hall_time(MARCH + timedelta(days=1))))
    at, signed_at = hall_time(MARCH + timedelta(days=1)), last.sign_offs[-1].at
    assert told(verify(archive)) == [f"{NAMES[2]}: it was added at {at}, before it was signed at {signed_at}"]


def falsified(archive: Archive) -> tuple[Path, str]:
    """The newest release with another text, and its SHA-256."""
    path = archive.published / "2025-03" / "r2" / "section.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("0.24", "0.42"), encoding="utf-8")
    return path, sha256(path.read_bytes())


def test_another_text_alone(archive: Archive) -> None:
    path, _ = falsified(archive)
    (problem,) = verify(archive).problems
    assert (problem.file, problem.message) == (path, f"it was changed: its SHA-256 is not the one in {NAMES[2]}")


def test_another_text_and_the_files_of_the_link(archive: Archive) -> None:
    """The list of files isn't signed; the texts are, and all files follow from what is."""
    _, digest = falsified(archive)
    last = archive.ledger.entries()[-1].certificate
    newest(archive, files={**last.files, "section.txt": digest})
    assert told(verify(archive)) == [
        f"{NAMES[2]}: section.txt is another file of the release than the text that was signed",
        f"{NAMES[2]}: section.txt isn't what its numbers and its wording give",
    ]


def with_text(certificate: Certificate, digest: str) -> Mapping[str, Any]:
    return {name: {**getattr(certificate, name), "section.txt": digest} for name in ("texts", "files")}


def test_another_text_with_the_certificate_issued_again(archive: Archive) -> None:
    _, digest = falsified(archive)
    last = archive.ledger.entries()[-1].certificate
    forged = newest(archive, **with_text(last, digest))
    assert forged.code != last.code, "whoever has the printed page sees it"
    found = verify(archive)
    assert told(found) == [f"{NAMES[2]}: its signature doesn't fit: it was changed after it was signed"]
    assert found.newest == ""


def test_another_text_with_the_certificate_signed_again_by_an_insider(archive: Archive) -> None:
    _, digest = falsified(archive)
    last = archive.ledger.entries()[-1].certificate
    forged = newest(archive, insider=True, **with_text(last, digest))
    assert forged.code != last.code
    assert told(verify(archive)) == [
        f"{NAMES[2]}: numbers.json isn't what its numbers and its wording give",
        f"{NAMES[2]}: section.txt isn't what its numbers and its wording give",
        f"{NAMES[2]}: section.txt isn't the text that was signed",
    ]
    assert "certificate.json: section.txt isn't the text that was signed" in told(
        verify_release(archive.published / "2025-03" / "r2", SIGNERS)
    )


@pytest.mark.parametrize("name", ["numbers.json", "extra.docx", "section.md"])
def test_other_files_in_the_link(archive: Archive, name: str) -> None:
    """A file is changed, or put into the release, and the link vouches for it."""
    path = archive.published / "2025-03" / "r2" / name
    path.write_bytes(path.read_bytes().replace(b"0.24", b"0.42") if path.exists() else b"PK")
    last = archive.ledger.entries()[-1].certificate
    newest(archive, files={**last.files, name: sha256(path.read_bytes())})
    assert f"{NAMES[2]}: {name} isn't what its numbers and its wording give" in told(verify(archive))
    lines = told(verify_release(path.parent, SIGNERS))
    assert f"certificate.json: {name} isn't what its numbers and its wording give" in lines


def test_a_file_that_the_link_no_longer_names(archive: Archive) -> None:
    last = archive.ledger.entries()[-1].certificate
    newest(archive, files={name: digest for name, digest in last.files.items() if name != "numbers.json"})
    assert told(verify(archive)) == [
        f"{NAMES[2]}: numbers.json isn't what its numbers and its wording give",
        f"numbers.json: {NAMES[2]} doesn't know this file",
    ]


def document(certificate: Certificate, name: str) -> str:
    """The SHA-256 of a document that a certificate rests on."""
    return {**certificate.evidence, **certificate.foundation.settings}[name]


def absent(path: Path, _: bytes) -> None:
    path.unlink()


def emptied(path: Path, _: bytes) -> None:
    path.write_bytes(b"")


def swapped(path: Path, other: bytes) -> None:
    path.write_bytes(other)


def reformatted(path: Path, _: bytes) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


@pytest.mark.parametrize("name", EVIDENCE)
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (absent, "is absent or can't be read"),
        (emptied, "was changed: its SHA-256 is not"),
        (swapped, "was changed: its SHA-256 is not"),
        (reformatted, "was changed: its SHA-256 is not"),
    ],
)
def test_evidence_that_is_no_longer_what_it_was(
    archive: Archive, name: str, spoil: Callable[[Path, bytes], None], message: str
) -> None:
    first, *_, last = (entry.certificate for entry in archive.ledger.entries())
    digest, store = document(first, name), archive.ledger.store
    other = store.read(document(last, "extracts"))
    release = archive.published / "2025-02" / "r1"
    for path in (store.path(digest), release / "evidence" / digest):
        content = path.read_bytes()
        spoil(path, other)
        found = verify(archive, month="2025-02").problems
        assert {problem.file for problem in found} == {path}
        assert all(message in problem.message for problem in found)
        alone = verify_release(release, SIGNERS).problems
        assert {problem.file for problem in alone} == ({path} if path.is_relative_to(release) else set())
        path.write_bytes(content)
    assert verify(archive).problems == ()


def test_a_stranger_among_the_evidence(archive: Archive) -> None:
    (archive.ledger.store.folder / "notes.txt").write_text("hello")
    assert told(verify(archive)) == ["notes.txt: it is no document of evidence"]


def named_instead(archive: Archive, name: str, content: bytes | None) -> Mapping[str, str]:
    """The newest certificate's evidence, with another document under a name, in the store and the release."""
    evidence = dict(archive.ledger.entries()[-1].certificate.evidence)
    evidence.pop(name, None)
    if content is not None:
        evidence[name] = sha256(content)
        archive.ledger.store.add([content])
        archive.ledger.store.link_to(archive.published / "2025-03" / "r2" / "evidence", [sha256(content)])
    return evidence


def test_evidence_of_another_certificate(archive: Archive) -> None:
    first = archive.ledger.entries()[0].certificate
    content = archive.ledger.store.read(first.evidence["extracts"])
    evidence = named_instead(archive, "extracts", content)
    newest(archive, evidence=evidence)
    assert told(verify(archive)) == [f"{NAMES[2]}: its signature doesn't fit: it was changed after it was signed"]
    newest(archive, insider=True, evidence=evidence)
    lines = told(verify(archive))
    assert [line for line in lines if line.startswith(f"{NAMES[2]}: courier has no extract for 2025-03-01")]
    assert f"{NAMES[2]}: numbers.json isn't what its numbers and its wording give" in lines


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("extracts", None, "evidence: the certificate names no extracts"),
        ("extracts", b"{}", "it holds no extracts"),
        ("extracts", b"not JSON", "it holds no extracts"),
        ("checks", canonical_json({"build_checks": [], "day_rules": []}), "so that nothing was judged"),
        ("wording", canonical_json({"template": "1.5 %\n\n1.5 %。", "constants": {}}), "numeral"),
        ("bases", canonical_json({"certificates": [], "notes": []}), "other certificates stood before it"),
        ("bases", canonical_json({"certificates": [], "notes": ["上月有误。"]}), "revision notes don't follow"),
    ],
)
def test_evidence_that_an_insider_made_up(archive: Archive, name: str, content: bytes | None, message: str) -> None:
    newest(archive, insider=True, evidence=named_instead(archive, name, content))
    lines = told(verify(archive))
    assert [line for line in lines if message in line]


def test_further_kinds_of_evidence_need_no_other_form(archive: Archive) -> None:
    content = b"minutes of the meeting"
    evidence = named_instead(archive, "minutes", content)
    coded = newest(archive, insider=True, evidence=evidence)
    files = release_files(coded)
    newest(archive, insider=True, files={name: sha256(text) for name, text in files.items()})
    (archive.published / "2025-03" / "r2" / "numbers.json").write_bytes(files["numbers.json"])
    assert verify(archive).problems == ()
    path = archive.ledger.store.path(sha256(content))
    path.unlink()
    assert {problem.file for problem in verify(archive).problems} == {path}


@pytest.mark.parametrize(
    ("landed_at", "message"),
    [
        ("2025-04-02T08:00:01+00:00", "an extract that it rests on was landed at 2025-04-02T16:00:01+08:00"),
        ("2025-04-02T08:00:01", "has no time zone"),
        ("", "Invalid isoformat string"),
    ],
)
def test_signed_before_an_extract_was_landed(tmp_path: Path, landed_at: str, message: str) -> None:
    archive = archive_in(tmp_path)
    first, *rest = land(archive, "2025-03")
    drawn = Month(archive).drawn(extracts=[replace(first, landed_at=landed_at), *rest])
    with pytest.raises(CertificateError, match=message.replace("+", r"\+")):
        sealed(archive, drawn)
    assert archive.ledger.links() == []
    entry = forced(archive, drawn, signed(drawn, by_service(), [SERVICE]))
    (problem,) = verify(archive).problems
    assert (problem.file, message in problem.message) == (entry.path, True)


def test_a_moment_of_signing_that_is_none(tmp_path: Path) -> None:
    archive = archive_in(tmp_path)
    drawn = Month(archive).drawn()
    sign_offs = [replace(by_service()[0], at="soon")]
    entry = forced(archive, drawn, signed(drawn, sign_offs, [SERVICE]))
    (problem,) = verify(archive).problems
    assert problem.file == entry.path
    assert "it can't be read as a certificate" in problem.message


def test_the_ledger_of_another_hall(archive: Archive) -> None:
    assert verify(replace(archive, hall="510000")).problems == ()
    assert told(verify(replace(archive, hall="510100"))) == [
        f"{name}: it is of hall 510000, and this is the ledger of hall 510100" for name in NAMES
    ]


def test_a_certificate_of_another_hall_in_the_ledger(archive: Archive) -> None:
    month = Month(archive, "2025-05", MARCH + timedelta(days=60))
    drawn = month.drawn(hall=replace(drawn_hall(archive), code="510100"), site="510100")
    message = "it is of hall 510100, and this is the ledger of hall 510000"
    with pytest.raises(CertificateError, match=message):
        sealed(archive, drawn, at=month.at)
    with pytest.raises(CertificateError, match="of hall 510000, and this is the ledger of hall 510100"):
        sealed(replace(archive, hall="510100"), month.drawn(), at=month.at)
    forced(archive, drawn, signed(drawn, by_service(month.at), [SERVICE]), month.at)
    assert told(verify(archive)) == [f"000004-2025-05-r1.json: {message}"]


def drawn_hall(archive: Archive) -> Any:
    return archive.ledger.entries()[0].certificate.hall


@pytest.mark.parametrize("site", ["510000", "510100"])
def test_numbers_that_their_extracts_do_not_give(tmp_path: Path, site: str) -> None:
    """Rows of another site don't count."""
    archive = archive_in(tmp_path)
    landed = numbers() if site == "510100" else numbers(2_000)
    drawn = Month(archive).drawn(extracts=land(archive, "2025-03", values=landed), site=site)
    total = 2_000 if site == "510000" else 0
    message = f"documents_issued is 2317 in the published facts, and its extracts add up to {total}"
    with pytest.raises(CertificateError, match=message):
        sealed(archive, drawn)
    assert archive.ledger.links() == []
    if site == "510100":
        with pytest.raises(CertificateError, match="it is of site 510100, whose certificates are in batches"):
            sealed(archive, drawn)
        return
    entry = forced(archive, drawn, signed(drawn, by_service(), [SERVICE]))
    assert verify(archive).problems == (), "hashes alone don't tell"
    problems = verify(archive, rows=True).problems
    assert {problem.file for problem in problems} == {entry.path}
    assert message in [problem.message for problem in problems]


def test_published_facts_that_were_changed_are_not_signed(tmp_path: Path) -> None:
    archive = archive_in(tmp_path)
    drawn = Month(archive).drawn(
        foundation=replace(Month(archive).drawn().certificate.foundation, facts={"x": "a" * 64})
    )
    with pytest.raises(CertificateError, match=r"fct\.parquet: it was changed, added or taken away"):
        sealed(archive, drawn)


def test_a_printed_code_is_of_what_was_signed(archive: Archive) -> None:
    """Who types a code from a page that was printed from a forged certificate finds nothing."""
    last = archive.ledger.entries()[-1].certificate
    forged = replace(last, numbers=tuple(numbers(4_200)))
    printed = release_files(forged)["section.txt"].decode()
    assert "0.42" in printed
    rewritten = newest(archive, numbers=forged.numbers)
    assert archive.ledger.find(last.code) is None
    assert rewritten.code != last.code
