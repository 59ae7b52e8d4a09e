"""Is a certificate sound by itself, whoever signed it? Asked before it is signed, and again by whoever verifies it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from reports.certificates.certificate import (
    CERTIFICATE_FILE,
    CHAIN_FOLDER,
    Certificate,
    CertifiedExtract,
    Foundation,
    SignOff,
    moment_of,
)
from reports.certificates.evidence import FOLDER
from reports.figures.months import days_of
from reports.figures.numbers import MonthlyNumber
from reports.figures.rounding import printed

# The month of a change, from the 2nd to the end of the month after.
_LONGEST_MONTH = 61
_SHA256 = re.compile(r"[0-9a-f]{64}")
# A name that can't lead out of the folder it is looked for in, nor hide in it.
_NAME = re.compile(r"[^./\\\x00-\x1f][^/\\\x00-\x1f]*")


def broken_invariants(certificate: Certificate) -> list[str]:
    """Say in one message each what is wrong with a certificate by itself; empty for a sound one."""
    return [*own_faults(certificate), *evidence_faults(certificate)]


def own_faults(certificate: Certificate) -> list[str]:
    """What is wrong with what stands in the certificate itself."""
    return [
        *_naming_faults(certificate),
        *_file_faults(certificate),
        *_number_faults(certificate.numbers),
        *_site_faults(certificate),
        *_time_faults(certificate.sign_offs),
    ]


def evidence_faults(certificate: Certificate) -> list[str]:
    """What is wrong with the extracts and checks that it rests on."""
    return [*_extract_faults(certificate), *_check_faults(certificate.foundation)]


def _site_faults(certificate: Certificate) -> Iterator[str]:
    counted = certificate.counted_sites
    yield from _doubled("site", counted)
    if counted[0] != certificate.site or (certificate.below and not certificate.foundation.sites):
        yield f"it doesn't say which sites the numbers of {certificate.site} sum up, its own first"


def _naming_faults(certificate: Certificate) -> Iterator[str]:
    yield from _day_faults(certificate)
    place = certificate.place
    if place.sequence < 1 or certificate.revision < 1:
        yield "sequence and revision are counted from 1"
    if bool(place.previous) != (place.sequence > 1):
        yield "every certificate but the first names the one before it, and the first names none"
    if (certificate.revision > 1) != bool(certificate.reason and certificate.note.strip()):
        yield "a revision has a reason and a note, and a first certificate has neither"
    unstated = [name for name, value in vars(certificate.program).items() if not value]
    if unstated:
        yield f"it doesn't say {', '.join(unstated)}"


def _day_faults(certificate: Certificate) -> Iterator[str]:
    """A month ends on a day of the calendar month that it is named after, and has other days than that."""
    try:
        calendar, span = days_of(certificate.month), certificate.span
        days = certificate.days
    except ValueError as error:
        yield str(error)
        return
    if span is None:
        return
    if not days or (span.first, span.last) != (str(days[0]), str(days[-1])):
        yield f"{span.first} to {span.last} are no first and last day"
    elif days[-1] not in calendar or len(days) > _LONGEST_MONTH or days == calendar:
        yield f"{span.first} to {span.last} are no month of its own that ends in {certificate.month}"


def _file_faults(certificate: Certificate) -> Iterator[str]:
    if not certificate.files:
        yield "it vouches for no release file"
    for name, digest in certificate.files.items():
        if not _NAME.fullmatch(name) or name in {CERTIFICATE_FILE, CHAIN_FOLDER, FOLDER}:
            yield f"{name!r} can't be a release file's name"
        yield from _digest_faults(name, digest)
    for name, digest in certificate.texts.items():
        if certificate.files.get(name) != digest:
            yield f"{name} is another file of the release than the text that was signed"
    if certificate.form > 1 and not certificate.texts:
        yield "no text was signed with it"


def _number_faults(numbers: Sequence[MonthlyNumber]) -> Iterator[str]:
    if not numbers:
        yield "it holds no number"
    yield from _doubled("number", (number.metric for number in numbers))
    for number in numbers:
        try:
            text = printed(
                number.exact,
                divisor=number.display_divisor,
                decimals=number.display_decimals,
                rule=number.rounding,
            )
        except ValueError as error:
            yield f"{number.metric}: {error}"
            continue
        if text != number.printed:
            yield f"{number.metric}: {number.exact} is printed {text}, not {number.printed}"


def _extract_faults(certificate: Certificate) -> Iterator[str]:
    extracts = certificate.foundation.extracts
    if not extracts:
        yield "it rests on no extract"
    yield from _doubled("extract", (f"{extract.system} {extract.day}" for extract in extracts))
    for extract in certificate.foundation.all_extracts:
        yield from _place_faults(extract)
    held = {(extract.system, extract.day) for extract in extracts}
    for system in sorted({extract.system for extract in extracts}):
        asked = _asked(certificate, system)
        absent = [day for day in asked if (system, day) not in held]
        if absent:
            yield f"{system} has no extract for {', '.join(absent)}; missing is not zero"
        unasked = sorted(day for name, day in held if name == system and day not in asked)
        if unasked:
            yield f"{system} has extracts for {', '.join(unasked)}, for which it doesn't answer"


def _asked(certificate: Certificate, system: str) -> list[str]:
    """The days of the month for which a system answers; all where nothing is said of it, as in form 1."""
    valid = certificate.foundation.systems.get(system)
    return [str(day) for day in _days(certificate) if valid is None or valid.is_valid_on(day)]


def _place_faults(extract: CertifiedExtract) -> Iterator[str]:
    where = f"extract {extract.system} {extract.day}"
    names = (extract.system, extract.day, extract.file.removesuffix(".parquet"))
    if not all(_NAME.fullmatch(name) for name in names) or not extract.file.endswith(".parquet"):
        yield f"{where}: {extract.path!r} is no place in the landing"
    for digest in (extract.sha256, extract.content_sha256, extract.entry_sha256):
        yield from _digest_faults(where, digest)


def _check_faults(foundation: Foundation) -> Iterator[str]:
    if not foundation.build_checks or not foundation.day_rules:
        yield "it names no build check or no day rule, so that nothing was judged"
    yield from _doubled("build check", (check.name for check in foundation.build_checks))
    yield from _doubled("day rule", (f"{rule.system} {rule.rule}" for rule in foundation.day_rules))
    answered: dict[str, int] = {}
    for extract in foundation.extracts:
        answered[extract.system] = answered.get(extract.system, 0) + (extract.state == "answered")
    judged = {
        (rule.system, rule.rule): rule.passed + rule.warned + rule.not_applicable for rule in foundation.day_rules
    }
    rules = sorted({rule.rule for rule in foundation.day_rules})
    for system, days in sorted(answered.items()):
        for rule in rules:
            if judged.get((system, rule), 0) != days:
                yield f"rule {rule} judged {judged.get((system, rule), 0)} of the {days} answered days of {system}"


def _time_faults(sign_offs: Sequence[SignOff]) -> Iterator[str]:
    moments = []
    for sign_off in sign_offs:
        try:
            moments.append(moment_of(sign_off.at))
        except ValueError as error:
            yield f"{sign_off.role} {sign_off.name}: {error}"
    if moments != sorted(moments):
        yield "it was not prepared, reviewed and signed in this order"


def _digest_faults(name: str, digest: str) -> Iterator[str]:
    if not _SHA256.fullmatch(digest):
        yield f"{name}: {digest!r} is no SHA-256 in lower-case hexadecimal"


def _doubled(what: str, names: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield f"{what} {name} is in it twice"
        seen.add(name)


def _days(certificate: Certificate) -> list[date]:
    try:
        return certificate.days
    except ValueError:
        return []
