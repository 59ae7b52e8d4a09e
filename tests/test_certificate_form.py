"""Certificates as documents: the canonical form, the short code, what makes one unsound."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.certificates.canonical import canonical_json, sha256
from reports.certificates.certificate import (
    Certificate,
    CertificateError,
    CheckResult,
    DayRule,
    Envelope,
    Head,
    SignOff,
    moment_of,
    moment_text,
    normalised_code,
    short_code,
)
from reports.certificates.evidence import EvidenceStoreError
from reports.certificates.form_2 import candidate_of, envelope_of, model_of, read_candidate
from reports.certificates.invariants import broken_invariants
from reports.certificates.ledger import Archive, read_envelope
from reports.figures.months import months_before
from tests.certificates import MARCH, SERVICE, Month, archive_in, by_hand, by_service, signed
from tests.moments import hall_time

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
DOCUMENTS = st.recursive(
    TEXT | st.integers(-(2**63), 2**63), lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20
)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return archive_in(tmp_path)


@pytest.fixture
def envelope(archive: Archive) -> Envelope:
    """A signed candidate, whose evidence is in the store."""
    drawn = Month(archive).drawn()
    archive.ledger.store.add(drawn.documents.values())
    place = replace(drawn.certificate.place, at=hall_time(MARCH))
    certificate = replace(drawn.certificate, place=place, sign_offs=by_service())
    return envelope_of(certificate, signed(drawn, by_service(), [SERVICE]))


@pytest.fixture
def certificate(envelope: Envelope) -> Certificate:
    return envelope.certificate


@given(DOCUMENTS)
def test_canonical_json_says_what_it_was_given_in_one_way(document: Any) -> None:
    content = canonical_json(document)
    assert json.loads(content) == document
    assert canonical_json(json.loads(content)) == content


@given(st.dictionaries(TEXT, st.integers(), min_size=2))
def test_the_order_of_keys_makes_no_difference(document: dict[str, int]) -> None:
    assert canonical_json(dict(reversed(document.items()))) == canonical_json(document)


def test_canonical_json_by_example() -> None:
    assert canonical_json({"b": ["万件", 2], "a": ("x", {})}) == '{"a":["x",{}],"b":["万件",2]}'.encode()


@pytest.mark.parametrize("value", [1.0, True, None, {1: "a"}, b"x", float("nan"), {"a"}])
def test_what_canonical_json_refuses(value: object) -> None:
    with pytest.raises(TypeError, match=r"\$\.deep\[0\]"):
        canonical_json({"deep": [value]})


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        canonical_json(["\ud800"])


def test_an_envelope_is_read_back(envelope: Envelope, archive: Archive) -> None:
    again = read_envelope(envelope.content, archive.ledger.store)
    assert again == envelope
    assert "function" not in repr(again), "how the evidence is read is nothing that a certificate says"
    assert again.certificate.foundation == envelope.certificate.foundation
    assert broken_invariants(again.certificate) == []


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: text + b"\n", "canonical form"),
        (lambda text: text.replace(b'"exact":"2317"', b'"exact": "2317"'), "canonical form"),
        (lambda text: text.replace(b'"files":', b'"extra":1,"files":'), "canonical form"),
        (lambda text: text.replace(b'"exact":"2317"', b'"exact":2317'), "numbers.0.exact"),
        (lambda text: text.replace(b'"revision":1', b'"revision":"1"'), "candidate.revision: .* valid integer"),
        (lambda text: text.replace(b'"exact":"2317"', b'"exact":"4634/2"'), "lowest terms"),
        (lambda text: text.replace(b'"exact":"2317"', b'"exact":"02317"'), "lowest terms"),
        (lambda text: text.replace(b'"exact":"2317"', b'"exact":"23.17"'), "lowest terms"),
        (lambda text: text.replace(b'"automatic"', b'"nobody"'), "candidate.policy"),
        (lambda text: text.replace(b'"ed25519"', b'"rsa"'), "signatures.0.algorithm"),
        (lambda text: text.replace(b"+08:00", b"+0800"), "written like"),
        (lambda text: text.replace(b'"signatures":[{', b'"signatures":[],"x":[{'), "can't be read"),
        (lambda text: text[:100], "the whole file"),
        (lambda _: b"", "the whole file"),
    ],
)
def test_an_envelope_is_exactly_its_bytes(envelope: Envelope, archive: Archive, spoil: Any, message: str) -> None:
    with pytest.raises(CertificateError, match=message):
        read_envelope(spoil(envelope.content), archive.ledger.store)


def test_an_envelope_without_anybody_who_signed_off(certificate: Certificate, archive: Archive) -> None:
    with pytest.raises(CertificateError, match="can't be read"):
        read_envelope(envelope_of(replace(certificate, sign_offs=()), []).content, archive.ledger.store)


def test_a_candidate_is_read_back_and_says_what_its_signers_saw(certificate: Certificate) -> None:
    head = Head(3, "a" * 64)
    candidate = candidate_of(replace(certificate, head=head))
    assert candidate.head == head
    assert read_candidate(candidate.content) == candidate
    with pytest.raises(ValueError, match="canonical form"):
        read_candidate(candidate.content + b"\n")
    assert candidate_of(replace(certificate, head=None)).head == Head(0, "")


@pytest.mark.parametrize(
    ("content", "message"), [(None, "evidence: the certificate names no facts$"), (b"[]", "it holds no facts: ")]
)
def test_evidence_that_is_not_named_or_is_something_else(
    certificate: Certificate, archive: Archive, content: bytes | None, message: str
) -> None:
    archive.ledger.store.add([content or b""])
    evidence = {**certificate.evidence, "facts": sha256(content) if content else ""}
    place, files = certificate.place, certificate.files
    read = model_of(candidate_of(replace(certificate, evidence=evidence)), archive.ledger.store, place, files, ())
    with pytest.raises(EvidenceStoreError, match=message):
        _ = read.foundation


def test_the_code_covers_all_that_people_sign(archive: Archive) -> None:
    """Numbers, text, evidence, settings; not its place in the ledger, which nobody knows before."""
    drawn = Month(archive).drawn()
    code = drawn.certificate.code
    assert normalised_code(code) == code
    assert Month(archive).drawn().certificate.code == code
    fewer = drawn.certificate.foundation.settings.items()
    others = [
        Month(archive).drawn(note="x"),
        Month(archive).drawn(site="510100"),
        Month(archive).drawn(foundation=replace(drawn.certificate.foundation, settings=dict(list(fewer)[:1]))),
    ]
    assert len({code, *(other.certificate.code for other in others)}) == 4


def test_the_text_is_part_of_what_is_signed(certificate: Certificate) -> None:
    other = replace(certificate, texts={**certificate.texts, "section.txt": sha256(b"another text")})
    assert candidate_of(other).content != candidate_of(certificate).content
    assert "section.txt is another file of the release than the text that was signed" in broken_invariants(other)


def test_a_code_is_the_first_sixty_bits_of_a_digest_in_crockfords_letters() -> None:
    assert short_code(b"") == "WERC-8GMR-ZGE1"
    assert short_code("核定书".encode()) == "SBKT-YFF9-P0G3"


def test_a_certificate_and_its_extracts_lie_in_their_places(certificate: Certificate) -> None:
    assert certificate.name == "000001-2025-03-r1.json"
    extract = certificate.foundation.extracts[0]
    assert extract.path == f"courier/2025-03-01/{extract.file}"
    assert extract.entry_path == extract.path.replace(".parquet", ".json")


def test_a_certificate_is_signed_by_the_last_and_recorded_after(certificate: Certificate) -> None:
    later = hall_time(MARCH + timedelta(days=1))
    placed = replace(certificate, sign_offs=by_hand(), place=replace(certificate.place, at=later))
    assert (placed.signed_at, placed.recorded_at) == (MARCH, MARCH + timedelta(days=1))


def test_a_code_is_forgiven_how_it_is_typed() -> None:
    assert normalised_code(" oIl0-9qwx 20ab ") == "0110-9QWX-20AB"
    for wrong in ("", "7H3K-9QWX-20A", "7H3K-9QWX-20AU", "7H3K-9QWX-20ABC"):
        with pytest.raises(ValueError, match="12 letters and digits"):
            normalised_code(wrong)


def test_moments_have_the_offset_of_their_zone() -> None:
    assert hall_time(MARCH) == "2025-04-02T16:00:00+08:00"
    assert moment_text(MARCH.astimezone(ZoneInfo("America/New_York"))) == "2025-04-02T04:00:00-04:00"
    for text in ("2025-04-02T16:00:00+08:00", "2025-04-02T08:00:00+00:00", "2025-04-02T04:00:00-04:00"):
        assert moment_of(text) == MARCH
    for wrong in ("2025-04-02T16:00:00", "2025-04-02T08:00:00Z", "2025-04-02T16:00+08:00", "2025-04-02", "yesterday"):
        with pytest.raises(ValueError, match=r"."):
            moment_of(wrong)
    with pytest.raises(ValueError, match="no time zone"):
        moment_text(datetime.fromisoformat("2025-04-02"))


def test_months_before() -> None:
    assert [months_before("2025-03", count) for count in (0, 1, 3, 12)] == ["2025-03", "2025-02", "2024-12", "2024-03"]


def foundation(**changes: Any) -> Any:
    return lambda certificate: certificate.standing_on(replace(certificate.foundation, **changes))


def program(**changes: Any) -> Any:
    return lambda certificate: replace(certificate, program=replace(certificate.program, **changes))


def place(**changes: Any) -> Any:
    return lambda certificate: replace(certificate, place=replace(certificate.place, **changes))


def first_extract(**changes: Any) -> Any:
    def spoil(certificate: Certificate) -> Certificate:
        first, *rest = certificate.foundation.extracts
        spoiled: Certificate = foundation(extracts=(replace(first, **changes), *rest))(certificate)
        return spoiled

    return spoil


def first_number(**changes: Any) -> Any:
    def spoil(certificate: Certificate) -> Certificate:
        first, *rest = certificate.numbers
        return replace(certificate, numbers=(replace(first, **changes), *rest))

    return spoil


def one_of(**changes: Any) -> Any:
    return lambda certificate: replace(certificate, **changes)


NOW = SignOff("signer", "王五", hall_time(MARCH))
EARLIER = SignOff("signer", "王五", hall_time(MARCH - timedelta(hours=1)))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (one_of(month="2025-3"), "YYYY-MM"),
        (place(sequence=0), "counted from 1"),
        (place(previous="a" * 64), "the first names none"),
        (place(sequence=2), "names the one before it"),
        (one_of(revision=2), "a revision has a reason and a note"),
        (one_of(revision=2, reason="our_error", note=" "), "a revision has a reason and a note"),
        (one_of(reason="our_error", note="x"), "a first certificate has neither"),
        (one_of(files={}), "no release file"),
        (one_of(files={"../x": "a" * 64}), "can't be a release file's name"),
        (one_of(files={"certificate.json": "a" * 64}), "can't be a release file's name"),
        (one_of(files={".hidden": "a" * 64}), "can't be a release file's name"),
        (one_of(files={"a.txt": "A" * 64}), "no SHA-256"),
        (one_of(files={"evidence": "a" * 64}), "can't be a release file's name"),
        (one_of(texts={}), "no text was signed with it"),
        (one_of(files={"section.txt": "a" * 64}), "section.txt is another file"),
        (one_of(numbers=()), "no number"),
        (first_number(metric="phone_consultations"), "number phone_consultations is in it twice"),
        (first_number(printed="0.24"), "2317 is printed 0.23, not 0.24"),
        (first_number(exact=-1), "-1 is printed 0, not 0.23"),
        (program(code_version="", fingerprint=""), "doesn't say fingerprint, code_version"),
        (foundation(extracts=()), "rests on no extract"),
        (first_extract(day="2025-03-02"), "extract courier 2025-03-02 is in it twice"),
        (first_extract(day="2025-02-02"), "courier has no extract for 2025-03-01"),
        (first_extract(file="../../x.parquet"), "no place in the landing"),
        (first_extract(file="x.json"), "no place in the landing"),
        (first_extract(entry_sha256=""), "no SHA-256"),
        (first_extract(state="closed"), "judged 31 of the 30 answered days of courier"),
        (foundation(build_checks=()), "nothing was judged"),
        (foundation(day_rules=()), "nothing was judged"),
        (foundation(build_checks=(CheckResult("a", "pass"), CheckResult("a", "warn"))), "build check a is in it twice"),
        (foundation(day_rules=(DayRule("courier", "a", 30, 1),)), "rule a judged 0 of the 26 answered days of window"),
        (one_of(sign_offs=(NOW, EARLIER)), "in this order"),
        (one_of(sign_offs=(replace(NOW, at="soon"),)), "signer 王五"),
    ],
)
def test_an_unsound_certificate_says_why(certificate: Certificate, spoil: Any, message: str) -> None:
    assert any(message in fault for fault in broken_invariants(spoil(certificate)))


def test_every_fault_is_told_and_each_kind_in_order(certificate: Certificate) -> None:
    first, second = certificate.numbers
    extracts = tuple(extract for extract in certificate.foundation.extracts if extract.day != "2025-03-03")
    rules = [DayRule(system, rule, 24, 0) for system in ("window_system", "courier") for rule in ("b", "a")]
    spoiled = replace(certificate, numbers=(replace(first, exact=-1), replace(second, printed="9")))
    spoil = foundation(extracts=extracts, day_rules=(*rules, rules[0]))
    assert broken_invariants(spoil(spoiled)) == [
        "documents_issued: -1 is printed 0, not 0.23",
        "phone_consultations: 1187 is printed 1187, not 9",
        "courier has no extract for 2025-03-03; missing is not zero",
        "window_system has no extract for 2025-03-03; missing is not zero",
        "day rule window_system b is in it twice",
        "rule a judged 24 of the 30 answered days of courier",
        "rule b judged 24 of the 30 answered days of courier",
        "rule a judged 24 of the 25 answered days of window_system",
        "rule b judged 24 of the 25 answered days of window_system",
    ]


def test_days_that_warned_were_judged_and_a_system_that_rested_had_nothing_to_judge(certificate: Certificate) -> None:
    """No rule could be held against the window, which was closed all month."""
    extracts = [
        extract if extract.system == "courier" else replace(extract, state="closed")
        for extract in certificate.foundation.extracts
    ]
    spoil = foundation(extracts=tuple(extracts), day_rules=(DayRule("courier", "a", 28, 3),))
    assert broken_invariants(spoil(certificate)) == []
