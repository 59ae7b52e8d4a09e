"""Proposes a system's settings from samples, and holds them against the samples before they are written."""

import datetime as dt
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from orchestration.config.catalogue import catalogue_folder
from orchestration.config.hall import Hall, HallFolder
from orchestration.config.systems import DropSystem
from orchestration.connecting.answer import propose_answer
from orchestration.connecting.columns import NewSystem
from orchestration.connecting.drops import DropProposal
from orchestration.connecting.hall_words import HallWords
from orchestration.connecting.messages import evidence, question, refused
from orchestration.connecting.proposal import Proposal
from orchestration.connecting.samples import SampleFile, read_sample
from orchestration.landing.preview import sample as sample_day
from orchestration.sources import open_source
from orchestration.sources.contract import Request, SourceFault
from reports.files import write_bytes

# So many days are validated as if they landed; the others are read.
_MOST_DAYS = 3
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Connected:
    """What was written: the file with the system's settings, its other files, and what is left open."""

    settings: Path
    tables: tuple[Path, ...]
    days: tuple[dt.date, ...]
    questions: tuple[str, ...]


def new_system(hall: HallFolder, name: str, measures: Sequence[str], opens: str) -> NewSystem:
    """What is looked for in samples, and what an engineer has said of it.

    Args:
        hall: the hall's folder, which `YUEBAO_HALL` names.
        name: the new system's.
        measures: those that it counts, where somebody knows.
        opens: on which days it must answer, where somebody knows.

    Raises:
        Refused: the name is none or taken, or a measure isn't the hall's.
        SettingsError: a table of the hall can't be used.
    """
    if not _NAME.fullmatch(name):
        raise refused("no_name", name=name)
    if name in hall.hall.systems:
        raise refused("name_taken", name=name)
    known = HallWords(catalogue_folder())
    if unknown := sorted(set(measures) - known.codes["measure"].keys()):
        raise refused("no_measure", measure=unknown[0])
    return NewSystem(name, hall.hall, known, tuple(measures), opens)


def connect(hall: HallFolder, files: Sequence[Path], system: NewSystem, variables: Mapping[str, str]) -> Connected:
    """Look at samples of one system, and write what they prove into the hall's folder.

    Where nothing is left open and every sample would land, a table is added to hall.toml; otherwise it stands in a file
    beside it, for review.

    Args:
        hall: the hall's folder.
        files: samples of dropped files, or one saved answer.
        system: what is looked for.
        variables: those that settings may name.

    Raises:
        Refused: the samples can't be read, or a file that would be written is there already.
        SettingsError: the hall's settings can't be used.
    """
    name = system.name
    samples = [read_sample(path, hall.hall.zone) for path in sorted(files)]
    if any(each.format == "json" for each in samples):
        proposal = propose_answer(samples, system)
        _refuse_overwriting(hall, name, proposal)
        return _write(hall, name, proposal, samples, ())
    drops = DropProposal(samples, system)
    _refuse_overwriting(hall, name, drops.proposal)
    for path, text in drops.proposal.tables.items():
        write_bytes(hall.folder / path, text.encode())
    if drops.is_whole:
        _prove(hall, name, drops, variables)
    return _write(hall, name, drops.proposal, samples, drops.days)


def _prove(hall: HallFolder, name: str, drops: DropProposal, variables: Mapping[str, str]) -> None:
    """Read the samples by what is proposed: first by the source alone, then as they would land."""
    proposal = drops.proposal

    def problem(told: Mapping[str, Any]) -> str:
        try:
            trial = _with_system(hall, name, told)
        except ValidationError as error:
            return "; ".join(each["msg"] for each in error.errors())
        return next(filter(None, (_problem(trial, name, day, variables) for day in drops.days)), "")

    if why := problem(proposal.told):
        proposal.ask("samples", question("samples", why=why))
        return
    drops.propose_statements(lambda told: not problem(told))
    proven = _with_system(hall, name, proposal.told)
    for day in drops.days[:_MOST_DAYS]:
        (landed,) = sample_day(proven, day, [name], variables)
        if landed.counts is None:
            proposal.ask("samples", question("not_landing", day=day, why=" ".join(landed.result.messages)))
            return
        proposal.notes.append(evidence("landed", day=day, count=len(landed.counts)))


def _with_system(hall: HallFolder, name: str, told: Mapping[str, Any]) -> HallFolder:
    """The hall with a system of these settings, whose `opens` doesn't matter here; raises ValidationError."""
    system = DropSystem.model_validate({"opens": "every_day", **told})
    return hall.model_copy(
        update={"hall": hall.hall.model_copy(update={"systems": {**hall.hall.systems, name: system}})}
    )


def _problem(hall: HallFolder, name: str, day: dt.date, variables: Mapping[str, str]) -> str:
    """Why a day of a system can't be read, or an empty text."""
    sites = hall.hall.sites_of(name)
    try:
        outcomes = open_source(hall, name, variables).ask(Request(day, sites))
    except SourceFault as fault:
        return f"{fault.problem}; {fault.next_step}"
    return next((outcome.problem for outcome in outcomes.values() if isinstance(outcome, SourceFault)), "")


def _refuse_overwriting(hall: HallFolder, name: str, proposal: Proposal) -> None:
    for path in (_beside(hall, name), *(hall.folder / table for table in proposal.tables)):
        if path.exists():
            raise refused("there_already", path=path)


def _beside(hall: HallFolder, name: str) -> Path:
    return hall.folder / f"hall.{name}.toml"


def _write(
    hall: HallFolder, name: str, proposal: Proposal, samples: Sequence[SampleFile], days: Sequence[dt.date]
) -> Connected:
    """Write the settings: into hall.toml where nothing is left open, and beside it for review otherwise."""
    names = f"{len(samples)} samples, {samples[0].name} to {samples[-1].name}" if samples[1:] else samples[0].name
    text = "\n".join(proposal.lines(name, names)) + "\n"
    settings = hall.folder / "hall.toml"
    if proposal.questions:
        settings = _beside(hall, name)
        write_bytes(settings, text.encode())
    else:
        whole = f"{settings.read_text(encoding='utf-8').rstrip()}\n\n{text}"
        Hall.model_validate(tomllib.loads(whole))  # or nothing is written
        write_bytes(settings, whole.encode())
    tables = tuple(hall.folder / path for path in proposal.tables)
    questions = tuple(f"{question.key}: {question.text}" for question in proposal.questions)
    return Connected(settings, tables, tuple(days), questions)
