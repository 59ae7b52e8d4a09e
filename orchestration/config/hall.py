"""A hall's settings: one typed file, `hall.toml`, in the hall's own folder; secrets come from elsewhere.

Strings may hold `${NAME}`, filled when a system is asked and never before, so that loading settings touches nothing. A
value is that of the environment variable NAME, or stands in a file: the one that NAME_FILE names (as containers do it),
or NAME in the folder that CREDENTIALS_DIRECTORY names (as systemd does it).
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date, datetime, time
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from orchestration.config.alerts import Alerts
from orchestration.config.automation import DEVELOPMENT, ENVIRONMENTS, Automation, AutomationName
from orchestration.config.errors import complaint
from orchestration.config.systems import AnySystem, HttpSystem
from orchestration.config.systems.common import VARIABLE, Strict
from orchestration.config.systems.http_api import MonthTotals
from orchestration.config.zone import ZoneName
from orchestration.runtime.errors import UserError
from orchestration.runtime.installation import current_installation
from orchestration.runtime.secrets import keep_secret
from reports.figures.months import ReportingMonths

Engine = Literal["duckdb", "spark"]
_SECTIONS = ("政务工作动态", "重点工作推进情况", "窗口资讯", "厅（局）长进大厅")
_USERINFO = re.compile(r"://[^/@]*@")


class SettingsError(UserError):
    """The settings can't be used; the message names file, key and what is allowed."""


class Retries(Strict):
    """How often a passing fault is asked again; waits grow from `first_wait` to `longest_wait` seconds."""

    attempts: int = Field(default=4, ge=1, le=20)
    first_wait: float = Field(default=0.5, ge=0)
    longest_wait: float = Field(default=30.0, ge=0)


class Certification(Strict):
    """Who signs: the policy, the list of signers (a .toml), the signing key (a .pem) and its passphrase's variable.

    `questions` says what an open question (校核) on a month does: `warn` lists it, `block` lets nobody sign meanwhile.
    `boundary` says what becomes of a month when the day before it, which its first stocks are held against, can't be
    had: `block` refuses it, `record` lets the evidence say `boundary not compared`.
    `missing_sites` says what a site, or the hall, gets while sites below it aren't in: nothing yet (`wait`), or a draft
    (草稿) of the others that names them (`draft`). Neither is certified.
    """

    policy: Literal["automatic", "manual"]
    service: str = ""
    signers: str
    key: str
    passphrase: str
    questions: Literal["warn", "block"] = "warn"
    boundary: Literal["block", "record"] = "block"
    missing_sites: Literal["wait", "draft"] = "wait"


class EditionDefaults(Strict):
    """What editions have in common: whose they are, whom they go to, and sections that authors write, from 二 on."""

    title: str = "政务窗口月报"
    issuing_body: str = Field(default="", description="who issues it; the hall's name when empty")
    report_to: tuple[str, ...] = ()
    send_to: tuple[str, ...] = ()
    sections: tuple[str, ...] = Field(default=_SECTIONS, min_length=1, max_length=9)
    profile: Literal["paper", "screen"] = "paper"
    annex: bool = False


class Proofreading(Strict):
    """How authors' texts are read."""

    names: tuple[str, ...] = Field(default=(), description="what texts call the hall, beside its name and 省本级 …")
    off: tuple[str, ...] = Field(default=(), description="the rules that don't hold here, by their codes")


class Spark(Strict):
    """How months are built on Spark, where `engine` says so.

    `patience` is for how many seconds work goes on without any worker.
    """

    master: str = Field(default="local[*]", description="as Spark writes it: local[*], spark://host:7077")
    settings: dict[str, str] = Field(default={}, description="of Spark itself, such as spark.executor.memory")
    patience: float = Field(default=60.0, gt=0)


class MonthBeginning(Strict):
    """From which month on the months of the report begin on which day of the month before; 1: calendar months."""

    since: str = Field(alias="from", pattern=r"^\d{4}-(0[1-9]|1[0-2])$")
    day: int = Field(ge=1, le=28)


def _always(value: Any) -> Any:
    return [{"from": "0001-01", "day": value}] if isinstance(value, int) else value


def _in_order(beginnings: tuple[MonthBeginning, ...]) -> tuple[MonthBeginning, ...]:
    if (months := [each.since for each in beginnings]) != sorted(set(months)):
        raise ValueError(f"the months of {', '.join(months)} come in order, each once")
    return beginnings


class Hall(Strict):
    """A hall: who it is, since when it has data, and its systems by name."""

    code: str
    name: str
    timezone: ZoneName = Field(default="Asia/Shanghai", description="in which its days begin and its times of day are")
    first_day: date
    month_begins: Annotated[tuple[MonthBeginning, ...], BeforeValidator(_always), AfterValidator(_in_order)] = Field(
        default=(), description="26 where 2025-03 is 2025-02-26..2025-03-25; or from which month on which day holds"
    )
    embedded_demo: bool = False
    at_once: int = Field(default=8, ge=1, le=64, description="questions asked at once, over all systems")
    retries: Retries = Retries()
    engine: Engine = Field(default="duckdb", description="what builds months; digits are the same")
    spark: Spark = Spark()
    wording: str = Field(description="the template of the statistics section, in the hall's folder")
    site_wording: dict[Literal["province", "city", "county"], str] = Field(
        default={}, description="by level, the template of a site's own section; that of the hall where none is named"
    )
    wording_constants: dict[str, str] = Field(default={}, description="numerals that it may hold, each with its reason")
    words: str = Field(default="", description="a .toml in the hall's folder that replaces words which Yuebao adds")
    certification: Certification
    automation: Automation = Automation()
    environments: dict[str, tuple[AutomationName, ...]] = Field(
        default=ENVIRONMENTS, description="which automations each environment may run; see YUEBAO_ENVIRONMENT"
    )
    alerts: Alerts = Alerts()
    edition: EditionDefaults = EditionDefaults()
    proofreading: Proofreading = Proofreading()
    systems: dict[str, AnySystem] = Field(min_length=1)

    @model_validator(mode="after")
    def _later_sites_are_answered_for(self) -> Self:
        for name, system in self.systems.items():
            if unknown := sorted(system.pull_at_of_sites.keys() - set(self.sites_of(name))):
                raise ValueError(
                    f"systems.{name}.pull_at_of_sites names {', '.join(unknown)}, and the system answers for "
                    f"{', '.join(self.sites_of(name))}"
                )
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The time zone; every day, time of day and written moment of the hall is in it."""
        return ZoneInfo(self.timezone)

    @property
    def months(self) -> ReportingMonths:
        """Which days are reported under which month."""
        return ReportingMonths(tuple((each.since, each.day) for each in self.month_begins))

    def now(self) -> datetime:
        """This moment, in hall time."""
        return datetime.now(self.zone)

    @property
    def month_totals(self) -> dict[str, tuple[HttpSystem, MonthTotals]]:
        """The systems that state totals of their own of a whole month, and where."""
        http = {name: system for name, system in self.systems.items() if isinstance(system, HttpSystem)}
        return {name: (system, system.month_totals) for name, system in http.items() if system.month_totals}

    def systems_named(self, names: Sequence[str] | None) -> tuple[str, ...]:
        """The systems of these names, all when none is given; SettingsError where the hall has no such one."""
        if unknown := [name for name in names or () if name not in self.systems]:
            raise SettingsError(f"no system {', '.join(unknown)}; the hall has {', '.join(self.systems)}")
        return tuple(names or self.systems)

    def systems_in(self, days: Iterable[date]) -> dict[str, AnySystem]:
        """The systems that answer for at least one of these days, by name."""
        every = list(days)
        return {name: system for name, system in self.systems.items() if any(map(system.is_valid_on, every))}

    def asked(self, days: Iterable[date]) -> Iterator[tuple[str, date]]:
        """Every system and day that is to be answered, day by day: nothing else is asked, expected or waited for."""
        for day in days:
            for name, system in self.systems.items():
                if system.is_valid_on(day):
                    yield name, day

    def answered_twice(self, first: date, last: date = date.max) -> Iterator[str]:
        """What two systems both answer for one site and day within these, which would count twice, in a line each."""
        for one, other in combinations(self.systems, 2):
            ours, theirs = self.systems[one], self.systems[other]
            measures = [measure for measure in ours.measures if measure in theirs.measures]
            sites = [site for site in self.sites_of(one) if site in self.sites_of(other)]
            day = max(filter(None, (first, ours.valid_from, theirs.valid_from)))
            if measures and sites and day <= last and ours.is_valid_on(day) and theirs.is_valid_on(day):
                yield (
                    f"systems.{one} and systems.{other} both answer {', '.join(measures)} for {', '.join(sites)} on "
                    f"{day}, which would count twice: end the one with valid_to and begin the other with valid_from "
                    "the day after, or give one of them measures of its own, which a metric can sum"
                )

    def validity_of(self, system: str) -> str:
        """From when to when a system answers, in words."""
        settings = self.systems[system]
        first, last = settings.valid_from or self.first_day, settings.valid_to
        return f"{system} {settings.title} answers for days from {first}" + (f" to {last}" if last else " on")

    def require_asked(self, systems: Sequence[str], days: Iterable[date]) -> None:
        """SettingsError where one of these systems answers for none of these days."""
        valid = self.systems_in(days)
        if others := [self.validity_of(name) for name in systems if name not in valid]:
            raise SettingsError(
                f"{'; '.join(others)} (`valid_from` and `valid_to` in hall.toml): ask the system that answered then"
            )

    def sites_of(self, system: str) -> tuple[str, ...]:
        """The codes of the halls that a system answers for."""
        return self.systems[system].sites or (self.code,)

    def without_sites(self, codes: Set[str]) -> Self:
        """The hall as if it had no such sites: no system answers for them, and one that is left without any is gone."""
        left = {name: tuple(site for site in self.sites_of(name) if site not in codes) for name in self.systems}
        systems = {
            name: self.systems[name].model_copy(update={"sites": sites}) for name, sites in left.items() if sites
        }
        return self.model_copy(update={"systems": systems})

    def with_systems(self, names: Set[str]) -> Self:
        """The hall as if it had these systems only."""
        systems = {name: system for name, system in self.systems.items() if name in names}
        return self.model_copy(update={"systems": systems})

    def pull_time(self, system: str, hall: str) -> time:
        """When a system is asked for yesterday of a hall, in hall time."""
        settings = self.systems[system]
        return settings.pull_at_of_sites.get(hall) or settings.pull_at or self.automation.pull_at


class HallFolder(Strict):
    """A hall's settings with the folder that they came from, against which its queries are resolved."""

    folder: Path
    hall: Hall

    @property
    def wording(self) -> Path:
        """The template that words the statistics section."""
        return self.folder / self.hall.wording

    @property
    def words(self) -> Path | None:
        """The file that replaces words which Yuebao adds, if there is one."""
        return self.folder / self.hall.words if self.hall.words else None

    def wording_of(self, level: str) -> Path:
        """The template that words the section of a site of a level."""
        named = [template for its, template in self.hall.site_wording.items() if its == level]
        return self.folder / (named[0] if named else self.hall.wording)


def hall_folder() -> Path:
    """The folder of this installation's hall; InstallationError where none is named."""
    return current_installation().require_hall()


def environment() -> str:
    """The name of the environment that this is, `development` where nobody named it."""
    return current_installation().environment or DEVELOPMENT


def automations_here(hall: Hall) -> tuple[AutomationName, ...]:
    """What may run by itself in this environment; SettingsError where the hall's settings know no such one."""
    name = environment()
    try:
        return hall.environments[name]
    except KeyError:
        declared = ", ".join(hall.environments)
        raise SettingsError(
            f"YUEBAO_ENVIRONMENT is {name!r}, and [environments] in hall.toml knows {declared}: name one of these, or "
            "add yours there"
        ) from None


def why_not_here(automation: AutomationName, hall: Hall) -> str:
    """Why something may not run by itself in this environment, or an empty text; raises as `automations_here` does."""
    if automation in automations_here(hall):
        return ""
    return f"environment {environment()} doesn't run {automation}: [environments] in hall.toml"


def load_own_hall() -> HallFolder:
    """The installation's own hall as its folder is today, also while a certified month's settings are in force.

    Who signs, with which key and under which policy is said by it. Raises as `load_hall`.
    """
    return load_hall(current_installation(own=True).require_hall())


def load_hall(folder: Path | None = None) -> HallFolder:
    """Read `hall.toml`; SettingsError where it's absent, no TOML, or a key is unknown, absent or not allowed."""
    folder = folder or hall_folder()
    path = folder / "hall.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"{path} doesn't exist; set YUEBAO_HALL to a folder that holds a hall.toml") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML in UTF-8: {error}") from error
    try:
        return HallFolder(folder=folder, hall=Hall.model_validate(document))
    except ValidationError as error:
        schema = Hall.model_json_schema()
        complaints = [complaint(document, schema, fault) for fault in error.errors()]
        raise SettingsError(f"{path}: {'; '.join(complaints)}") from error


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Fill `${NAME}`, and keep secret what is before a URL's @; SettingsError names a variable that isn't set."""
    for userinfo in _USERINFO.findall(text):
        for name in VARIABLE.findall(userinfo):
            secret(name, variables)
    return VARIABLE.sub(lambda match: _value(match[1], variables), text)


def secret(name: str, variables: Mapping[str, str]) -> str:
    """The value of one variable that no text may hold (`runtime.secrets`); raises as `expand` does."""
    return keep_secret(_value(name, variables))


def _value(name: str, variables: Mapping[str, str]) -> str:
    """A variable's value, of the environment or a file, less the last line break; no message ever holds a value."""
    if name in variables:
        return variables[name]
    file = _file_of(name, variables)
    if file is None:
        raise SettingsError(
            f"the environment variable {name} isn't set, and the hall's settings need it; set it, or name a file that "
            f"holds the value in {name}_FILE"
        )
    try:
        return file.read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}, which holds {name}, can't be read ({type(error).__name__})") from None


def _file_of(name: str, variables: Mapping[str, str]) -> Path | None:
    if f"{name}_FILE" in variables:
        return Path(variables[f"{name}_FILE"])
    credentials = Path(variables.get("CREDENTIALS_DIRECTORY", ""), name)
    return credentials if "CREDENTIALS_DIRECTORY" in variables and credentials.exists() else None
