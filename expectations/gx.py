"""Runs Great Expectations; imported when `expectations.validation` judges first, and not before.

Great Expectations 1.24 takes 2.5 s to import, and 5 ms for each expectation, whatever the rows. So the suites
are built once in a process, a frame is first asked for yes or no only, and only what failed is asked again
for its rows.
"""

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final, Literal
from urllib.parse import quote

import great_expectations as gx
from great_expectations import expectations as catalogue
from great_expectations.checkpoint.actions import UpdateDataDocsAction
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
from great_expectations.data_context.store.store import DataDocsSiteConfigTypedDict
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.datasource.fluent.interfaces import Batch
from great_expectations.expectations.expectation import Expectation

from expectations.findings import Frames, Verdict
from expectations.rules import CLAUSES, RULES, Clause, FrameName, Rule

Parameters = Mapping[str, list[str]]
ResultFormat = Literal["BOOLEAN_ONLY"] | dict[str, object]

FRAMES: Final[tuple[FrameName, ...]] = ("counts", "totals")
# Rows by their index, of which there is no limit; values (capped at 200) stay out, we read our own frame.
_ROWS: Final[dict[str, object]] = {
    "result_format": "COMPLETE",
    "exclude_unexpected_values": True,
    "return_unexpected_index_query": False,
}
# Data Docs refer to fonts and scripts on public servers; a browser that opens them must not go there.
_STAY_HERE: Final = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'self' 'unsafe-inline' data:\">"
# Scripts, styles and the logo of Great Expectations' pages lie on public servers, or need what lies there.
_FROM_ELSEWHERE: Final = re.compile(r"<script\b.*?</script>|<(?:link|img)\b[^>]*>", re.DOTALL)
_INDEX: Final = Path(__file__).with_name("data_docs.html")
_ROW: Final = Template('<tr class="$outcome"><td>$outcome</td><td>$name</td><td>$link</td></tr>')


class SuiteRunner:
    """Holds a context of its own and the expectations, and validates frames with them, one run at a time."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._context, self._batches = _new_context()
        self._expectations = [_expectation(number) for number in range(len(CLAUSES))]

    def validate(self, frames: Frames, parameters: Parameters) -> tuple[Verdict, ...]:
        """Validates every clause on its frame, one run for each frame; what raised or gave no answer hasn't passed.

        Args:
            frames: The prepared frames (`expectations.prepared_frame`), nothing personal left in them.
            parameters: Values of the vocabulary, by the names that the clauses use.
        """
        verdicts: dict[int, Verdict] = {}
        with self._one_at_a_time:
            for name in FRAMES:
                batch = self._batches[name].get_batch({"dataframe": frames[name]})
                numbers = [number for number, clause in enumerate(CLAUSES) if clause.frame == name]
                verdicts |= self._ask(batch, numbers, parameters, "BOOLEAN_ONLY")
                failed = [number for number in numbers if not verdicts[number].passed]
                if failed:
                    verdicts |= self._ask(batch, failed, parameters, _ROWS)
        return tuple(verdicts[number] for number in range(len(CLAUSES)))

    def _ask(self, batch: Batch, numbers: list[int], parameters: Parameters, form: ResultFormat) -> dict[int, Verdict]:
        """One run of Great Expectations over one frame; the answers come in an order of its own."""
        suite = gx.ExpectationSuite(name="rules", expectations=[self._expectations[number] for number in numbers])
        outcome = batch.validate(suite, result_format=form, expectation_parameters=dict(parameters))
        answers = {_number(answer): answer for answer in outcome.results}
        return {number: _verdict(CLAUSES[number], answers.get(number)) for number in numbers}

    def write_docs(self, frames: Frames, parameters: Parameters, folder: Path) -> Path:
        """Writes Data Docs of what `validate` takes: an index that lists the rules, which is returned, and their pages.

        The pages ask no server for anything, so they are plain to look at. The index is our own: that of Great
        Expectations is a table made by scripts of a public server, and empty without.
        """
        with self._one_at_a_time:
            context, batches = _new_context()
            context.add_data_docs_site("rules", _site(folder))
            passed: dict[str, bool] = {}
            for name in FRAMES:
                rules = [_definition(rule, name, context, batches[name]) for rule in _rules_about(name)]
                docs = UpdateDataDocsAction(name="docs")
                checkpoint = gx.Checkpoint(name=name, validation_definitions=rules, actions=[docs])
                outcome = context.checkpoints.add(checkpoint).run(
                    batch_parameters={"dataframe": frames[name]}, expectation_parameters=dict(parameters)
                )
                passed |= {result.suite_name: result.success for result in outcome.run_results.values()}
        for page in folder.rglob("*.html"):
            text = _FROM_ELSEWHERE.sub("", page.read_text(encoding="utf-8"))
            page.write_text(text.replace("<head>", f"<head>{_STAY_HERE}", 1), encoding="utf-8")
        index = folder / "index.html"
        index.write_text(_index(folder, passed), encoding="utf-8")
        return index


def _index(folder: Path, passed: Mapping[str, bool]) -> str:
    """The rules, those that failed first, each with the newest page about it."""
    rows = []
    for name, good in sorted(passed.items(), key=lambda rule: (rule[1], rule[0])):
        pages = [page for page in (folder / "validations").rglob("*.html") if name in page.parts]
        newest = max(pages, key=lambda page: page.stat().st_mtime).relative_to(folder).as_posix()
        link = f'<a href="{quote(newest)}">rows and figures</a>'
        rows.append(_ROW.substitute(outcome="passed" if good else "failed", name=escape(name), link=link))
    return Template(_INDEX.read_text(encoding="utf-8")).substitute(policy=_STAY_HERE, rows="\n".join(rows))


def _new_context() -> tuple[EphemeralDataContext, dict[FrameName, BatchDefinition[Any]]]:
    """A context in memory that reports to nobody, and the way to hand over each frame."""
    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
        ),
    )
    source = context.data_sources.add_pandas("answers")
    assets = {name: source.add_dataframe_asset(name) for name in FRAMES}
    return context, {name: a.add_batch_definition_whole_dataframe(name) for name, a in assets.items()}


def _expectation(number: int) -> Expectation:
    clause = CLAUSES[number]
    kind: Callable[..., Expectation] = getattr(catalogue, clause.expectation)
    return kind(**clause.parameters, meta={"clause": number})


def _number(answer: ExpectationValidationResult) -> object:
    config = answer.expectation_config
    return config.meta["clause"] if config and config.meta else None


def _verdict(clause: Clause, answer: ExpectationValidationResult | None) -> Verdict:
    if answer is None:
        return Verdict(clause, passed=False, rows=None, problem="no answer")
    problems = _exceptions(answer.exception_info)
    if problems:
        return Verdict(clause, passed=False, rows=None, problem=f"couldn't be judged: {'; '.join(problems)}")
    if answer.success is True:
        return Verdict(clause, passed=True)
    rows = answer.result.get("unexpected_index_list")
    if rows is None:
        return Verdict(clause, passed=False, rows=None, problem=_mismatch(answer.result))
    return Verdict(clause, passed=False, rows=tuple(rows))


def _exceptions(info: Mapping[str, object]) -> list[str]:
    """The messages of what was raised; it comes either by itself or by the id of the metric that raised it."""
    if "raised_exception" in info:
        return [str(info["exception_message"])] if info["raised_exception"] else []
    raised = [entry for entry in info.values() if isinstance(entry, Mapping)]
    return sorted({message for entry in raised for message in _exceptions(entry)})


def _mismatch(result: Mapping[str, object]) -> str:
    """The columns that are missing or too many, as Great Expectations lists them."""
    details = result.get("details")
    found = details.get("mismatched", {}) if isinstance(details, Mapping) else {}
    return "; ".join(f"{what}: {', '.join(map(str, columns))}" for what, columns in sorted(found.items()))


def _rules_about(name: FrameName) -> Iterable[Rule]:
    judged = {clause.rule for clause in CLAUSES if clause.frame == name}
    return (rule for rule in RULES if rule.name in judged)


def _definition(
    rule: Rule, name: FrameName, context: EphemeralDataContext, batches: BatchDefinition[Any]
) -> gx.ValidationDefinition:
    """A suite of its own for each rule, so that the index of the Data Docs is a table of the rules."""
    title = f"{rule.name} ({name}, {rule.severity})"
    ours = [number for number, c in enumerate(CLAUSES) if (c.rule, c.frame) == (rule.name, name)]
    suite = gx.ExpectationSuite(name=title, expectations=[_expectation(number) for number in ours])
    definition = gx.ValidationDefinition(name=title, data=batches, suite=context.suites.add(suite))
    return context.validation_definitions.add(definition)


def _site(folder: Path) -> DataDocsSiteConfigTypedDict:
    return {
        "class_name": "SiteBuilder",
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(folder.resolve()),
        },
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
