"""The gate's conditions one by one, over a candidate that nothing is objected to until a test spoils it."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from reports.certificates.certificate import Boundary, CertifiedSystem
from reports.certificates.certification import Drawn
from reports.certificates.form_2 import envelope_of
from reports.certificates.gate import CONDITIONS, Asked, GateSubject, objections, tables
from reports.certificates.ledger import Archive, History
from reports.figures.derived import Derived, Outcome, RankedMember
from tests.certificates import (
    DIRECTOR,
    MARCH,
    PREPARER,
    REVIEWER,
    SERVICE,
    Month,
    archive_in,
    by_hand,
    by_service,
    facts_in,
    foundation,
    land,
    sealed,
    signed,
)
from tests.derived_halls import definition
from tests.moments import hall_time

BEFORE: tuple[Asked, ...] = ("unsigned", "sealing")


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    facts_in(archive_in(tmp_path))
    return archive_in(tmp_path)


def judged(archive: Archive, drawn: Drawn, asked: Asked = "sealing", **changes: Any) -> list[str]:
    """What is objected to in a candidate that the service, or three people, signed."""
    by_three = drawn.certificate.policy == "manual"
    sign_offs = by_hand() if by_three else by_service()
    made = signed(drawn, sign_offs, (PREPARER, REVIEWER, DIRECTOR) if by_three else (SERVICE,))
    placed = replace(drawn.certificate, place=archive.ledger.next_place(hall_time(MARCH)), sign_offs=sign_offs)
    envelope = envelope_of(placed, made)
    path, history = archive.certificates / placed.name, History(archive.ledger.links())
    fields: dict[str, Any] = {"facts": archive.published / "facts", "documents": drawn.documents}
    found = objections(GateSubject(envelope, path, history, archive, **(fields | changes)), asked)
    return [f"{problem.file.name}: {problem.message}" for problem in found]


NAME = "000001-2025-03-r1.json"
ALONE = ["sound", "evidenced", "in time", "bounded", "derived", "worded"]
SEALED = ["sound", "evidenced", "extracts", "in time", "bounded", "joined", "on its bases", "derived", "worded"]
UNSIGNED = [
    *(
        "sound",
        "placed",
        "of this hall",
        "evidenced",
        "extracts",
        "bounded",
        "joined",
        "on its bases",
        "derived",
        "worded",
    ),
    *("recounted", "facts"),
]
QUESTIONS: Mapping[Asked, list[str]] = {
    "unsigned": UNSIGNED,
    "sealing": [*UNSIGNED, "signed", "in time"],
    "sealed": SEALED,
    "recount": ["recounted"],
    "alone": ALONE,
    "alone with extracts": [*ALONE, "extracts"],
}
OF_FORM_2 = {"evidenced", "in time", "bounded", "joined", "on its bases", "derived", "worded"}


@pytest.mark.parametrize("asked", QUESTIONS)
def test_which_conditions_are_asked_when(asked: Asked) -> None:
    of_the_hall = [each for each in CONDITIONS if "hall" in each.of]
    assert {each.name for each in of_the_hall if asked in each.asked} == set(QUESTIONS[asked])
    assert {each.name for each in of_the_hall if each.since == 2} == OF_FORM_2


def test_what_signs_and_places_a_batch_is_asked_of_it_and_the_rest_of_its_sites() -> None:
    of_sites = {each.name for each in CONDITIONS if "site" in each.of}
    of_batches = {each.name for each in CONDITIONS if "batch" in each.of}
    assert of_batches == {"signed", "placed", "of this hall", "evidenced", "included"}
    assert of_sites == {each.name for each in CONDITIONS} - of_batches | {"evidenced"}


@pytest.mark.parametrize("policy", ["automatic", "manual"])
def test_nothing_is_objected_to(archive: Archive, policy: str) -> None:
    for asked in BEFORE:
        assert judged(archive, Month(archive).drawn(policy=policy), asked) == []


def test_stocks_that_balance_say_what_they_were_compared_with(archive: Archive) -> None:
    foundation = Month(archive).drawn().certificate.foundation
    windows = CertifiedSystem("窗口", ("documents_issued", "open_cases"))
    systems = {**foundation.systems, "window_system": windows}
    foundation = replace(foundation, systems=systems, closing=("open_cases",))
    balanced = replace(foundation, balanced=("open_cases",))
    assert judged(archive, Month(archive).drawn(foundation=foundation)) == [], "these don't have to balance"
    assert judged(archive, Month(archive).drawn(foundation=balanced)) == [
        f"{NAME}: it doesn't say what the stocks of window_system at the month's beginning were compared with"
    ]
    stated = replace(balanced, boundary=(Boundary("window_system", "2025-02-28", "first_month"),))
    assert judged(archive, Month(archive).drawn(foundation=stated)) == []


def test_every_document_that_is_named_was_drawn_up(archive: Archive) -> None:
    drawn = Month(archive).drawn()
    bare = replace(drawn, documents=dict([*drawn.documents.items()][-1:]))
    names = ["bases", "boundary", "catalogue/sites.csv", "checks", "extracts", "facts", "hall.toml", "settings"]
    told = [
        f"{NAME}: its evidence {name} isn't among the documents that were drawn up with it"
        for name in (*names, "systems", "wording")
    ]
    kept = [name for name in told if "catalogue" not in name]
    assert judged(archive, bare) == kept, "the last of the settings is there"


def test_evidence_that_cannot_be_read_is_told_once(archive: Archive) -> None:
    drawn = Month(archive).drawn()
    sealed(archive, drawn)
    entry = archive.ledger.entries()[0]
    path = archive.ledger.store.path(entry.certificate.evidence["extracts"])
    path.unlink()
    found = objections(GateSubject(entry.envelope, entry.path, History(archive.ledger.links()), archive), "sealed")
    assert [(problem.file, problem.message.split(" or ")[0]) for problem in found] == [(path, "it is absent")]


def test_texts_that_were_exchanged_are_told_in_order(archive: Archive) -> None:
    drawn = Month(archive).drawn()
    texts = dict.fromkeys(("b.txt", "a.txt"), "a" * 64)
    forged = replace(drawn, certificate=replace(drawn.certificate, texts=texts))
    told = [line for line in judged(archive, forged) if line.endswith("isn't the text that was signed")]
    assert told == [f"{NAME}: {name} isn't the text that was signed" for name in ("a.txt", "b.txt")]


def test_the_published_facts_are_those_that_were_built(archive: Archive) -> None:
    drawn = Month(archive).drawn()
    folder = archive.published / "facts"
    assert judged(archive, drawn, facts=None) == [
        f"{NAME}: nobody says where the published facts lie that it is to be held against"
    ]
    nothing = Month(archive).drawn(foundation=replace(drawn.certificate.foundation, facts={}))
    changed = "it was changed, added or taken away since it was published"
    assert judged(archive, nothing) == [f"{NAME}: it names no published fact", f"fct.parquet: {changed}"]
    (folder / "inputs").mkdir()
    (folder / "inputs" / "extracts.parquet").write_text("a path that differs by machine")
    assert judged(archive, drawn) == []
    for name in ("b.parquet", "a.parquet"):
        shutil.copy(folder / "fct.parquet", folder / name)
    (folder / "fct.parquet").unlink()
    assert judged(archive, drawn) == [f"{name}.parquet: {changed}" for name in ("a", "b", "fct")]
    assert tables({"a.parquet": "1", "inputs/a.parquet": "2"}) == {"a.parquet": "1"}


def test_rows_of_form_1_are_not_counted(archive: Archive) -> None:
    sealed(archive, Month(archive).drawn())
    entry = archive.ledger.entries()[0]
    old = replace(entry.envelope, certificate=replace(entry.certificate, form=1))
    found = objections(GateSubject(old, entry.path, History(archive.ledger.links()), archive), "recount")
    assert [problem.message for problem in found] == [
        "it is of form 1, which doesn't say which measures are stocks; `yuebao trace` counts its rows"
    ]


def test_everybody_signs_after_the_extracts_were_landed(archive: Archive) -> None:
    drawn = Month(archive).drawn(policy="manual")
    foundation = drawn.certificate.foundation
    late = hall_time(MARCH - timedelta(minutes=90))
    extracts = (replace(foundation.extracts[0], landed_at=late), *foundation.extracts[1:])
    again = Month(archive).drawn(policy="manual", foundation=replace(foundation, extracts=extracts))
    (only,) = judged(archive, again)
    assert only.endswith(
        f"preparer 张三 signed at {by_hand()[0].at}, and an extract that it rests on was landed at {late}: "
        "the clock was wrong"
    )
    on_time = (replace(foundation.extracts[0], landed_at=by_hand()[0].at), *foundation.extracts[1:])
    same = Month(archive).drawn(policy="manual", foundation=replace(foundation, extracts=on_time))
    assert judged(archive, same) == []


def test_the_hall_is_that_of_the_ledger_and_of_the_archive(archive: Archive) -> None:
    drawn = Month(archive).drawn()
    other = replace(drawn.certificate.hall, code="510100")
    elsewhere = replace(archive, hall="510200")
    assert judged(replace(archive, hall="510000"), drawn) == []
    assert judged(elsewhere, drawn) == [f"{NAME}: it is of hall 510000, and this is the ledger of hall 510200"]
    sealed(archive, drawn)
    april = Month(archive, "2025-04", MARCH).drawn(hall=other, site="510100")
    told = [line.partition(": ")[2] for line in judged(elsewhere, april)]
    assert [line for line in told if "of hall" in line] == [
        "it is of hall 510000, and this is the ledger of hall 510200",
        "it is of hall 510100, and this is the ledger of hall 510000",
        "it is of hall 510100, and this is the ledger of hall 510200",
    ]


def test_a_link_that_nothing_may_follow(archive: Archive) -> None:
    """What is wrong with the ledger itself keeps the next certificate out."""
    sealed(archive, Month(archive).drawn())
    april = Month(archive, "2025-04", MARCH).drawn()
    assert judged(archive, april) == []
    (archive.certificates / "notes.txt").touch()
    assert judged(archive, april) == ["notes.txt: it is no certificate, and has no place in the ledger"]


def test_a_link_follows_the_newest_one_in_time(archive: Archive) -> None:
    sealed(archive, Month(archive).drawn(), at=MARCH + timedelta(minutes=1))
    (line,) = judged(archive, Month(archive, "2025-04").drawn())
    assert line.startswith(f"000002-2025-04-r1.json: it was signed before {NAME}, which it follows")


RATE = definition("calls_each", "mean", "phone_consultations", "documents_issued", contained="no", unit="人（次）")
BY_DEPARTMENT = definition("busiest", "rank", "documents_issued", ranked_by="department", unit="件")


def derived_month(archive: Archive) -> Drawn:
    """March with a mean and a ranking."""
    ranking = (RankedMember(1, "D01", "D01", "2317", "2317"),)
    derived = Derived((RATE, BY_DEPARTMENT), {"busiest": Outcome(ranking=ranking)}, {"calendar": 31, "working": 21})
    extracts = land(archive, "2025-03")
    return Month(archive).drawn(extracts=extracts, foundation=replace(foundation(extracts), derived=derived))


def spoilt(drawn: Drawn, outcomes: Mapping[str, Outcome], **values: Any) -> Drawn:
    """A candidate whose evidence and numbers say something else, and agree on their documents."""
    certificate, standing = drawn.certificate, drawn.certificate.foundation
    derived = replace(standing.derived, outcomes={**standing.derived.outcomes, **outcomes})
    numbers = tuple(
        replace(number, **values) if number.metric == "calls_each" else number for number in certificate.numbers
    )
    return replace(
        drawn, certificate=replace(certificate, numbers=numbers).standing_on(replace(standing, derived=derived))
    )


def test_derived_numbers_that_follow_from_their_sums_are_not_objected_to(archive: Archive) -> None:
    drawn = derived_month(archive)
    assert drawn.certificate.by_metric["calls_each"].exact == Fraction(1187, 2317)
    assert judged(archive, drawn) == []


@pytest.mark.parametrize(
    ("terms", "values", "message"),
    [
        ({"phone_consultations": "1188"}, {}, "calls_each is made of phone_consultations 1188, which is 1187"),
        ({}, {"exact": Fraction(1, 2), "printed": "0.5"}, "calls_each is 1/2, and its sums don't make it"),
        (None, {}, "calls_each has a value without sums, or sums without a value"),
        ({"phone_consultations": "1/0"}, {}, "Fraction(1, 0)"),
    ],
)
@pytest.mark.parametrize("asked", ["alone", "sealed"])
def test_a_derived_number_that_does_not_follow_is_objected_to(
    archive: Archive, terms: Mapping[str, str] | None, values: Mapping[str, Any], message: str, asked: Asked
) -> None:
    drawn = derived_month(archive)
    then = drawn.certificate.foundation.derived.outcomes["calls_each"].terms
    changed = tuple(replace(term, value=(terms or {}).get(term.metric, term.value)) for term in then)
    outcome = Outcome() if terms is None else Outcome(changed)
    told = judged(archive, spoilt(drawn, {"calls_each": outcome}, **values), asked)
    assert f"{NAME}: {message}" in told


def test_a_ranking_that_the_extracts_do_not_give_is_never_sealed(archive: Archive) -> None:
    drawn = derived_month(archive)
    first = drawn.certificate.foundation.derived.rankings["busiest"][0]
    outcome = Outcome(ranking=(replace(first, exact="2318", printed="2318"),))
    told = judged(archive, spoilt(drawn, {"busiest": outcome}))
    assert f"{NAME}: busiest ranks others, or otherwise, than its extracts do" in told


def test_a_month_has_the_days_that_its_means_are_over(archive: Archive) -> None:
    drawn = derived_month(archive)
    standing = drawn.certificate.foundation
    derived = replace(standing.derived, days={"calendar": 30, "working": 21})
    certificate = drawn.certificate.standing_on(replace(standing, derived=derived))
    assert f"{NAME}: it counts other days than its month has" in judged(
        archive, replace(drawn, certificate=certificate)
    )
