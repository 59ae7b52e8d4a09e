"""What the suite says of landed counts under rules and words that came after them: evidence beside the extract's own.

`landing/<system>/<day>/judged/<sequence>-<suite version>.json`. An extract is never changed, and no source is asked:
what is landed and wouldn't pass any more is named, and stays in. Beside the landing, `vocabularies/<suite version>`
keeps the words of each version, so that a code that is only added makes no evidence stale.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from expectations.vocabulary import Vocabulary
from orchestration.landing.manifest import Extract
from reports import files


@dataclass(frozen=True)
class Judgement:
    """What the suite says of one extract.

    Attributes:
        sha256: of the extract's file.
        suite_version: under which it was judged.
        checks: by rule, "passed", "warned" or "not_applicable".
        would_fail: a line for each reason why a site's rows wouldn't land today.
    """

    sha256: str
    suite_version: str
    checks: Mapping[str, str]
    would_fail: tuple[str, ...] = ()
    judged_at: str = ""
    run_id: str = ""
    code_version: str = ""


class Judgements:
    """The judgements that lie in a landing folder."""

    def __init__(self, landing: Path) -> None:
        self._landing = landing

    def of(self, extract: Extract, version: str, words: Vocabulary) -> Judgement | None:
        """What holds of an extract under a version of suite and words; None where it has to be judged.

        Evidence that can't be read is no evidence.
        """
        if self._holds(extract.suite_version, version, words):
            return Judgement(extract.sha256, extract.suite_version, extract.checks)
        for path in sorted(self._folder(extract).glob(f"{extract.sequence:04d}-*.json")):
            judged = self._read(path)
            if judged and judged.sha256 == extract.sha256 and self._holds(judged.suite_version, version, words):
                return judged
        return None

    def keep(self, extract: Extract, judgement: Judgement) -> None:
        """Write what an extract was judged."""
        files.write_json(
            self._folder(extract) / f"{extract.sequence:04d}-{judgement.suite_version}.json", asdict(judgement)
        )

    def keep_words(self, version: str, words: Vocabulary) -> None:
        """Write the words of a version, unless they are kept already."""
        path = self._words(version)
        if not path.exists():
            files.write_json(path, {**words.as_parameters(), "item_codes": words.item_codes})

    def all_are_judged(self, system: str, version: str) -> bool:
        """Whether all that was landed of a system when its rules or words last changed has been judged by them since.

        What is landed later is judged by the version of then.
        """
        try:
            return self._mark(system).read_text("utf-8") == version
        except OSError:
            return False

    def mark_all_judged(self, system: str, version: str) -> None:
        """Note that all that is landed of a system is judged under a version."""
        files.write_bytes(self._mark(system), version.encode())

    def _holds(self, old: str, version: str, words: Vocabulary) -> bool:
        """Whether what passed under one version passes under another: it is the same, or only words were added."""
        if old == version:
            return True
        if old.partition("-")[0] != version.partition("-")[0]:
            return False
        try:
            before = Vocabulary.read(json.loads(self._words(old).read_bytes()))
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return words.covers(before)

    def _read(self, path: Path) -> Judgement | None:
        try:
            told = json.loads(path.read_bytes())
            return Judgement(**{**told, "would_fail": tuple(told["would_fail"])})
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _folder(self, extract: Extract) -> Path:
        return self._landing / extract.system / extract.stat_date / "judged"

    def _mark(self, system: str) -> Path:
        return self._landing / system / ".judged"

    def _words(self, version: str) -> Path:
        return self._landing.with_name("vocabularies") / f"{version}.json"
