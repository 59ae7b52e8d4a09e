"""A hall system that drops one file per day: the file is chosen, read as a table, and mapped to the contract."""

import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from orchestration.config.catalogue import SITES, quantities, read_table
from orchestration.config.hall import SettingsError, expand
from orchestration.config.systems import DropSystem
from orchestration.config.systems.common import site_constants
from orchestration.config.systems.drop_storage import S3, Sftp
from orchestration.sources.answers import LeastUnits, contract_counts, divide_answer, stated_of
from orchestration.sources.contract import Outcome, Request
from orchestration.sources.files.choose import Chooser, pattern_of
from orchestration.sources.files.column_map import ColumnMap
from orchestration.sources.files.counts import Form, counts_of
from orchestration.sources.files.file_type import refuse_other_format
from orchestration.sources.files.labels import printable
from orchestration.sources.files.stated import Asked, refuse_other_statements
from orchestration.sources.files.storage import DropFile, Folder, Storage, local
from orchestration.sources.files.table import Table, WantedSheet, choose_sheet
from orchestration.sources.files.units import is_of_one
from orchestration.sources.files.workbook import read_workbook
from orchestration.sources.files.zip_member import member_of
from orchestration.sources.value_map import value_map


class DropSource:
    """Reads one drop folder; safe to share between threads."""

    def __init__(
        self, system: DropSystem, folder: Path, sites: tuple[str, ...], variables: Mapping[str, str], zone: ZoneInfo
    ) -> None:
        """Open nothing yet; SettingsError where a secret isn't set, or a file that is named can't be used."""
        self.by_site = system.by_site
        self._system = system
        self._sites = sites
        self._zone = zone
        self._folder = Folder(_storage(system, folder, variables))
        self._chooser = Chooser(system, self._folder.address)
        self._site_names = _site_names(folder) if system.stated.site else {}
        if system.stated.unit and not is_of_one(system.stated.unit):
            raise SettingsError(f"key stated.unit: {system.stated.unit!r} is no unit of one each, such as 件 or 人次")
        self._units = LeastUnits(quantities(folder / "catalogue"))
        self._form = Form(system, self._units)
        self._columns_on = _columns(system, folder)
        self._values_on = value_map(folder, system.values)

    def ask(self, request: Request) -> dict[str, Outcome]:
        """See `Source.ask`."""
        day, site = request.day, request.sites[0]
        columns = self._columns_on(day)
        name, content = self._file(day, site)
        table = self._table(name, content, day)
        counts = counts_of(name, table, self._form, columns, day)
        refuse_other_statements(name, table, counts, self._asked(day, site))
        constants = site_constants(self._system.constants, site)
        rows = self._values_on(day).bring(counts.rows, columns, name, counts.numbers)
        return divide_answer(
            request,
            request.sites if self.by_site else self._sites,
            self._units.counts(contract_counts(rows, name, counts.numbers, columns, stated_of(day, constants))),
            self._units.totals({self._measure(columns[theirs]): total for theirs, total in counts.totals.items()}),
            f"{self._folder.address.rstrip('/')}/{name}",
        )

    def _measure(self, ours: str) -> str:
        """Which measure a column of counts holds."""
        return self._system.constants["measure"] if ours == "count" else ours

    def _asked(self, day: dt.date, site: str) -> Asked:
        month = self._system.rows == "of_the_day" or self._system.sheet_of_day
        names = (site, self._site_names[site]) if site in self._site_names else (site,)
        return Asked(day, month, self._system.stated, names)

    def _file(self, day: dt.date, site: str) -> tuple[str, bytes]:
        def content(file: DropFile) -> bytes:
            return self._folder.content(file, self._system.most_bytes)

        pattern = pattern_of(self._system.file, day, site)
        file = self._chooser.choose(pattern, self._folder.files(self._chooser.wanted(pattern)), content)
        name = printable(file.name)
        if not self._system.member:
            return name, content(file)
        return member_of(name, content(file), pattern_of(self._system.member, day, site), self._system.most_bytes)

    def _table(self, name: str, content: bytes, day: dt.date) -> Table:
        sheet = WantedSheet(day.strftime(self._system.sheet), self._system.sheet_of_day)
        choose = partial(choose_sheet, wanted=sheet)
        refuse_other_format(name, content, self._system.format)
        if self._system.format == "csv":
            from orchestration.sources.files.csv import read_csv

            return read_csv(name, content, self._system.encoding, self._system.delimiter)
        return read_workbook(self._system.format, name, content, choose, self._zone)


def _storage(system: DropSystem, folder: Path, variables: Mapping[str, str]) -> Storage:
    url = expand(system.folder, variables)
    match system.storage:
        case Sftp() as storage:
            from orchestration.sources.files.sftp import sftp

            return sftp(url, storage, system.timeout, folder, variables)
        case S3() as storage:
            from orchestration.sources.files.s3 import s3

            return s3(url, storage, system.timeout, variables)
        case None if "://" in url:
            raise SettingsError(
                "folder is an address, once its variables are filled in, and there is no storage for it"
            )
        case None:
            return local(url)


def _site_names(folder: Path) -> Mapping[str, str]:
    return {row["hall_code"]: row["hall_name"] for row in read_table(folder / "catalogue", SITES)}


def _columns(system: DropSystem, folder: Path) -> Callable[[dt.date], Mapping[str, str]]:
    if not system.column_map:
        return lambda _: system.columns
    constants, states_day = tuple(system.constants), system.names_day and system.rows == "all"
    return ColumnMap(folder / system.column_map, constants, system.measures, states_day=states_day).on
