"""What is spoiled in the corpus of hall systems of kind `sql`, and what must then be said: the table alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.corpus import Case
from tests.sql_halls import DAY, DAY_CLOSE, HALL, OTHER, VARIABLES

ALL = ("postgresql", "mariadb", "sqlite")
SERVED = ("postgresql", "mariadb")
PERSON = "张三 510104199003074513"
Replacement = tuple[str, str]


@dataclass(frozen=True)
class Spoil:
    """What is spoiled: statements run in the database, and texts replaced in queries, URL and settings.

    `words` are added to the URL; `query` stands in place of the usual counting query; `afterwards` makes good what was
    done to the server.
    """

    run: tuple[str, ...] = ()
    counts: tuple[Replacement, ...] = ()
    day_close: tuple[Replacement, ...] = ()
    url: tuple[Replacement, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=lambda: VARIABLES)
    all_halls: bool = False
    words: str = ""
    query: str = ""
    afterwards: tuple[str, ...] = ()


def _counts(old: str, new: str) -> Spoil:
    return Spoil(counts=((old, new),))


def _count_is(expression: str) -> Spoil:
    return _counts("number AS", f"{expression} AS")


def _department_is(expression: str) -> Spoil:
    return Spoil(counts=(("department_code,", f"{expression} AS department_code,"), ("ORDER BY department_code", "")))


def _day_close(old: str, new: str) -> Spoil:
    return Spoil(day_close=((old, new),))


_SEVERAL = {"sites": [HALL, OTHER]}
_SUMMED = tuple((f"{name}", f"SUM({name}) AS {name}") for name in ("online_accepted", "online_completed"))
_ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900000000) SELECT max(i) FROM n"
_UNCERTAIN = "can't be read with certainty"
_CASES: tuple[tuple[tuple[str, ...], Case], ...] = (
    (ALL, Case("a good day", Spoil())),
    (ALL, Case("counts are whole decimals", _count_is("CAST(number AS DECIMAL(20, 4))"))),
    (("postgresql", "sqlite"), Case("counts are texts of digits", _count_is("CAST(number AS TEXT)"))),
    (("mariadb",), Case("counts are texts of digits", _count_is("CAST(number AS CHAR)"))),
    (ALL, Case("codes are padded and full-width", Spoil(("UPDATE counts SET department_code = ' Ｄ０１ '",)))),
    (("mariadb",), Case("codes are kept in GBK", Spoil(("ALTER TABLE counts CONVERT TO CHARACTER SET gbk",)))),
    (("mariadb",), Case("codes are kept in Latin-1", Spoil(("ALTER TABLE counts CONVERT TO CHARACTER SET latin1",)))),
    (ALL, Case("another hall's rows beside", Spoil((f"INSERT INTO day_close VALUES ('{DAY}', '{OTHER}', 1, 1)",)))),
    (ALL, Case("no closing record", Spoil(("DELETE FROM day_close",)), ("finds no closing record", "wait until"))),
    (
        ALL,
        Case(
            "two closing records",
            Spoil(("INSERT INTO day_close SELECT * FROM day_close",)),
            ("day_close.sql finds 2 closing records of the day", "ask the system's keeper"),
        ),
    ),
    (
        ALL,
        Case(
            "a closing total is NULL",
            Spoil(("UPDATE day_close SET online_completed = NULL",)),
            ("day_close.sql: the total online_completed came blank (NULL)",),
        ),
    ),
    (
        ALL,
        Case(
            "the sum of no closing record",
            Spoil(("DELETE FROM day_close",), day_close=_SUMMED),
            ("came blank",),
        ),
    ),
    (
        ALL,
        Case(
            "a closing total isn't whole",
            _day_close("online_accepted,", "5.5 AS online_accepted,"),
            ("the total online_accepted came as", _UNCERTAIN),
        ),
    ),
    (
        ALL,
        Case(
            "a closing total is a word",
            _day_close("online_accepted,", f"'{PERSON}' AS online_accepted,"),
            ("the total online_accepted came as str", _UNCERTAIN),
        ),
    ),
    (
        ALL,
        Case(
            "the closing record says when",
            _day_close("online_accepted,", "stat_date,"),
            ("day_close.sql selects stat_date, which the system isn't set to count", "and nothing else"),
        ),
    ),
    (
        ALL,
        Case(
            "a total comes twice",
            _day_close("online_completed", "online_accepted"),
            ("day_close.sql selects online_accepted, which",),
        ),
    ),
    (
        ALL,
        Case(
            "a name instead of a count",
            _counts("number AS", "hall_code AS applicant, number AS"),
            ("counts.sql selects stat_date,", "applicant", "counts are asked for, and nothing else"),
        ),
    ),
    (
        ALL,
        Case(
            "everything is selected",
            Spoil(counts=(("stat_date, hall_code", "counts.*, stat_date, hall_code"),)),
            ("counts are asked for, and nothing else",),
        ),
    ),
    (
        ALL,
        Case(
            "a column is left out",
            _counts("item_code, ", ""),
            ("select exactly stat_date, hall_code, department_code, item_code, measure, count",),
        ),
    ),
    (
        ALL,
        Case(
            "a column comes twice",
            _counts("item_code, ", "item_code, item_code, "),
            ("counts are asked for, and nothing else",),
        ),
    ),
    (
        ("postgresql",),
        Case(
            "a count is a float",
            _count_is("CAST(number AS DOUBLE PRECISION)"),
            ("counts.sql row 1: count came as float", "CAST it in the query to an exact whole number"),
        ),
    ),
    (
        ("mariadb",),
        Case(
            "a count is a float that is shortened on its way",
            _count_is("CAST(16777217 AS FLOAT)"),
            ("counts.sql row 1: count came as float",),
        ),
    ),
    (
        ("sqlite",),
        Case("a count is a float", _count_is("CAST(number AS REAL)"), ("counts.sql row 1: count came as float",)),
    ),
    (("postgresql",), Case("a count is a truth", _count_is("true"), ("count came as bool", _UNCERTAIN))),
    (
        ("postgresql",),
        Case("a count is an interval", _count_is("INTERVAL '5 days'"), ("count came as timedelta", _UNCERTAIN)),
    ),
    (("mariadb",), Case("a count is a time", _count_is("TIME('10:30')"), ("count came as timedelta", _UNCERTAIN))),
    (
        ("postgresql",),
        Case("a count is JSON", _count_is("jsonb_build_object('n', number)"), ("count came as dict", _UNCERTAIN)),
    ),
    (("postgresql",), Case("a count is a list", _count_is("ARRAY[number]"), ("count came as list", _UNCERTAIN))),
    (
        ("postgresql",),
        Case(
            "a code is bytes",
            _department_is("'\\x44'::bytea"),
            ("counts.sql row 1: department_code came as bytes", "CAST it in the query to text"),
        ),
    ),
    (
        ("mariadb",),
        Case("a code is bytes", _department_is("CAST('D01' AS BINARY)"), ("department_code came as bytes",)),
    ),
    (("sqlite",), Case("a code is bytes", _department_is("CAST('D01' AS BLOB)"), ("department_code came as bytes",))),
    (
        ALL,
        Case(
            "a code is a number", _department_is("7"), ("department_code came as int", "CAST it in the query to text")
        ),
    ),
    (
        ("postgresql",),
        Case(
            "a value that can't be converted is a person",
            _count_is(f"CAST(hall_code || '{PERSON}' AS INT)"),
            ("counts.sql: the database couldn't work out a value",),
        ),
    ),
    (
        ("postgresql",),
        Case(
            "a division by zero",
            _count_is("number / (number - number)"),
            ("counts.sql: the database couldn't work out a value (division by zero)",),
        ),
    ),
    (
        ("postgresql",),
        Case(
            "a day without end",
            _counts("stat_date,", "'infinity'::date AS stat_date,"),
            ("counts.sql: the database couldn't work out a value",),
        ),
    ),
    (
        ("sqlite",),
        Case(
            "a text isn't UTF-8",
            _department_is("CAST(x'C4E3' AS TEXT)"),
            ("counts.sql: the database couldn't work out a value",),
        ),
    ),
    (
        SERVED,
        Case(
            "a word is mistyped",
            _counts("WHERE", "WEHRE x x"),
            ("counts.sql line 4: the database refused the query", "hold counts.sql against the database's tables"),
        ),
    ),
    (
        ("sqlite",),
        Case(
            "a word is mistyped",
            _counts("WHERE", "WEHRE x x"),
            ("counts.sql line 4: the database refused the query (near",),
        ),
    ),
    (
        ("postgresql",),
        Case(
            "a column isn't there",
            _counts("number AS", "nomber AS"),
            ('counts.sql line 2: the database refused the query (column "nomber" does not exist',),
        ),
    ),
    (
        ("mariadb",),
        Case(
            "a column isn't there",
            _counts("number AS", "nomber AS"),
            ("counts.sql line 2: the database refused the query (Unknown column 'nomber'",),
        ),
    ),
    (
        ("sqlite",),
        Case(
            "a column isn't there",
            _counts("number AS", "nomber AS"),
            ("counts.sql line 2: the database refused the query (no such column: nomber",),
        ),
    ),
    (
        ("postgresql",),
        Case(
            "a table isn't there",
            _counts("FROM counts", "FROM countz"),
            ('counts.sql line 3: the database refused the query (relation "countz" does not exist',),
        ),
    ),
    (
        ("mariadb",),
        Case(
            "a table isn't there",
            Spoil(("DROP TABLE counts",)),
            ("counts.sql line 3: the database refused the query (Table",),
        ),
    ),
    (
        ("sqlite",),
        Case(
            "a table isn't there",
            Spoil(("DROP TABLE counts",)),
            ("counts.sql line 3: the database refused the query (no such table: counts",),
        ),
    ),
    (
        ("postgresql",),
        Case(
            "the account mayn't read",
            Spoil(("REVOKE SELECT ON counts FROM reader",)),
            (
                "counts.sql: the database doesn't let the account read (permission denied for table counts)",
                "ask the database's keeper to grant SELECT on what counts.sql reads",
            ),
        ),
    ),
    (
        ("mariadb",),
        Case(
            "the account mayn't read",
            _counts("FROM counts", "FROM mysql.user"),
            ("counts.sql: the database doesn't let the account read (SELECT command denied",),
        ),
    ),
    (
        ("postgresql",),
        Case(
            "a parameter is cast by colons",
            _counts(":day", ":day::date"),
            ("counts.sql line 4: the database refused the query (syntax error",),
        ),
    ),
    (
        ALL,
        Case(
            "a parameter isn't known",
            _counts(":day", ":date"),
            ("key counts: counts.sql takes :date; the parameters are :day, :hall",),
        ),
    ),
    (
        ALL,
        Case(
            "two statements",
            Spoil(day_close=((":day", ":day; DELETE FROM counts"),)),
            ("key day_close: day_close.sql must hold one SELECT", "and holds SELECT, DELETE"),
        ),
    ),
    (
        ALL,
        Case(
            "a statement that writes",
            Spoil(day_close=((DAY_CLOSE, "DELETE FROM day_close"),)),
            ("must hold one SELECT (or WITH … SELECT), and holds DELETE",),
        ),
    ),
    (
        ("postgresql",),
        Case(
            "a WITH that writes",
            _counts("-- Counts", "WITH gone AS (DELETE FROM counts RETURNING 1) -- Counts"),
            ("the database",),
        ),
    ),
    (
        ALL,
        Case(
            "a query elsewhere",
            Spoil(settings={"counts": "../counts.sql"}),
            ("key counts: ../counts.sql lies outside the hall's folder",),
        ),
    ),
    (
        ALL,
        Case(
            "a query that isn't there",
            Spoil(settings={"counts": "absent.sql"}),
            ("key counts: absent.sql can't be read",),
        ),
    ),
    (
        ("mariadb",),
        Case(
            "a slow query",
            Spoil(counts=(("number AS", "number + sleep(4) AS"),), settings={"statement_timeout": 0.3}),
            ("counts.sql: the database stopped the query", "quieter hour"),
        ),
    ),
    (
        ("mariadb",),
        Case(
            "a count is cut from a text",
            _count_is(f"CAST('12 of {PERSON}' AS INT)"),
            ("counts.sql: the database answered and warned (Truncated incorrect INTEGER value: …", "an exact value"),
        ),
    ),
    (
        ("mariadb",),
        Case(
            "a closing total is cut from a text",
            _day_close("online_accepted,", "CAST('5 or 6' AS INT) AS online_accepted,"),
            ("day_close.sql: the database answered and warned (Truncated incorrect INTEGER value: …",),
        ),
    ),
    (
        ("postgresql",),
        Case(
            "a slow query",
            Spoil(counts=(("number AS", f"number + ({_ENDLESS}) AS"),), settings={"statement_timeout": 0.3}),
            ("counts.sql: the database stopped the query", "quieter hour"),
        ),
    ),
    (
        ("sqlite",),
        Case(
            "a slow query",
            Spoil(counts=(("number AS", f"number + ({_ENDLESS}) AS"),), settings={"statement_timeout": 0.3}),
            ("counts.sql: the database stopped the query (interrupted)",),
        ),
    ),
    (
        ALL,
        Case(
            "several halls and one closing record",
            Spoil(day_close=(("hall_code,", ""),), settings=_SEVERAL, all_halls=True),
            ("day_close.sql doesn't say whose totals it selects", "select hall_code beside the totals"),
        ),
    ),
    (
        ALL,
        Case(
            "one of several halls hasn't closed",
            Spoil(settings=_SEVERAL, all_halls=True),
            ("day_close.sql finds no closing record",),
        ),
    ),
    (
        ALL,
        Case(
            "a row of a hall that isn't ours",
            Spoil(
                (f"INSERT INTO counts VALUES ('{DAY}', '99', 'D01', NULL, 'online_accepted', 1)",),
                (("WHERE hall_code IN :halls AND", "WHERE"),),
                settings=_SEVERAL,
                all_halls=True,
            ),
            ("is of a site that the system isn't set to answer for",),
        ),
    ),
    (
        ALL,
        Case(
            "a closing record of a hall that isn't ours",
            Spoil(
                (f"INSERT INTO day_close VALUES ('{DAY}', '99', 1, 1)",),
                day_close=(("WHERE hall_code IN :halls AND", "WHERE"),),
                settings=_SEVERAL,
                all_halls=True,
            ),
            ("day_close.sql row", "is of site '99'"),
        ),
    ),
    (
        SERVED,
        Case(
            "the wrong password",
            Spoil(variables={"SQL_PASSWORD": "geheim"}),
            ("the database didn't let the account in", "set account, password"),
        ),
    ),
    (SERVED, Case("the password isn't set", Spoil(variables={}), ("the environment variable SQL_PASSWORD isn't set",))),
    (
        ("postgresql",),
        Case(
            "no such database",
            Spoil(url=(("/hall", "/nohall"),)),
            ("the database didn't let the account in (", "does not exist"),
        ),
    ),
    (
        ("mariadb",),
        Case(
            "no such database",
            Spoil(url=(("/hall", "/nohall"),)),
            ("the database didn't let the account in (Access denied",),
        ),
    ),
    (
        ("sqlite",),
        Case(
            "no such database",
            Spoil(url=(("hall", "nohall"),)),
            ("the database didn't answer (unable to open database file)",),
        ),
    ),
    (
        ("postgresql",),
        Case("no such account", Spoil(url=(("reader", "nobody"),)), ("the database didn't let the account in (",)),
    ),
    (
        ("postgresql",),
        Case(
            "an account that mayn't come in",
            Spoil(
                ("DROP ROLE IF EXISTS idle", "CREATE ROLE idle NOLOGIN PASSWORD 'geheim@/:123'"),
                url=(("reader", "idle"),),
            ),
            ("the database didn't let the account in (",),
        ),
    ),
    (
        ("postgresql",),
        Case(
            "too many connections",
            Spoil(
                ("DROP ROLE IF EXISTS busy", "CREATE ROLE busy LOGIN CONNECTION LIMIT 0 PASSWORD 'geheim@/:123'"),
                url=(("reader", "busy"),),
            ),
            ("the database didn't answer (", "too many connections for role"),
        ),
    ),
    (
        SERVED,
        Case(
            "nobody listens",
            Spoil(url=(("127.0.0.1", "127.0.0.2"),)),
            ("the database didn't answer (", "look whether the database is up"),
        ),
    ),
    (
        ("postgresql",),
        Case(
            "a certificate of somebody else",
            Spoil(url=(("ca.pem", "server.pem"),)),
            ("the connection to the database isn't safe", "certificate authority"),
        ),
    ),
    (
        ("postgresql",),
        Case(
            "without encryption",
            Spoil(url=(("verify-full", "disable"),)),
            ("the database didn't let the account in (", "no encryption"),
        ),
    ),
    (
        ("sqlite",),
        Case(
            "a file that is no database",
            Spoil(url=(("hall", "no_database"),)),
            ("the database is damaged (file is not a database)", "restore"),
        ),
    ),
    (
        ALL,
        Case(
            "an unknown kind of database",
            Spoil(url=(("://", "x://"),)),
            ("key database: begins with", "allowed are postgresql+psycopg"),
        ),
    ),
    (ALL, Case("a count is NULL", Spoil(("UPDATE counts SET number = NULL",)), ("counts.sql row 1: count = None",))),
    (
        ALL,
        Case(
            "a count is a word",
            _count_is("'five'"),
            ("count_is_a_non_negative_integer", "counts.sql row 1: count = '‹withheld 1›'"),
        ),
    ),
    (
        SERVED,
        Case(
            "a count isn't whole",
            _count_is("number + 0.5"),
            ("count_is_a_non_negative_integer", "counts.sql row 1: count = "),
        ),
    ),
    (ALL, Case("a count is negative", Spoil(("UPDATE counts SET number = -5",)), ("counts.sql row 1: count = -5",))),
    (
        ALL,
        Case(
            "a count is beyond all measure",
            Spoil((f"UPDATE counts SET number = {2**63 - 1}",)),
            ("count_is_a_non_negative_integer",),
        ),
    ),
    (ALL, Case("a sum is beyond every column", _count_is("number * 1e30"), ("window 窗口系统, hall 510000",))),
    (
        ALL,
        Case(
            "a department isn't known",
            Spoil(("UPDATE counts SET department_code = 'D99'",)),
            ("department_is_known", "counts.sql row 1: department_code = '‹withheld 1›'"),
        ),
    ),
    (
        ALL,
        Case(
            "a measure isn't known",
            Spoil(("UPDATE counts SET measure = 'parcels'",)),
            ("measure_is_known", "counts.sql row 1: measure = '‹withheld 1›'"),
        ),
    ),
    (
        ALL,
        Case(
            "a person stands as an item",
            Spoil((f"UPDATE counts SET item_code = '{PERSON.split()[1]}'",)),
            ("no_personal_patterns", "‹masked›"),
        ),
    ),
    (
        ALL,
        Case(
            "the rows are of another day",
            _counts("stat_date,", "'2025-03-11' AS stat_date,"),
            ("stat_date_is_the_day_asked", "counts.sql row 1: stat_date = '2025-03-11'"),
        ),
    ),
    (
        ALL,
        Case(
            "the rows are of another hall",
            _counts("hall_code,", "'510100' AS hall_code,"),
            ("hall_is_known", "counts.sql row 1: hall_code = '‹withheld 1›'"),
        ),
    ),
    (
        ALL,
        Case(
            "the rows are of no hall",
            _counts("hall_code,", "NULL AS hall_code,"),
            ("counts.sql row 1: not_text = 'hall_code'",),
        ),
    ),
    (
        ALL,
        Case(
            "every row comes twice",
            Spoil(("INSERT INTO counts SELECT * FROM counts",)),
            ("key_is_unique", "counts.sql row 1"),
        ),
    ),
    (
        ALL,
        Case(
            "the closing record says more",
            Spoil(("UPDATE day_close SET online_accepted = 6",)),
            ("declared_total_equals_sum", "online_accepted: counted = 5, declared = 6"),
        ),
    ),
    (
        ALL,
        Case(
            "closed, and no rows", Spoil(("DELETE FROM counts",)), ("the answer has no rows, and missing is not zero",)
        ),
    ),
)
# --- what a database would decide for us ------------------------------------------------------------------------------

POSTGRESQL, MARIADB, SQLITE = (("postgresql",), ("mariadb",), ("sqlite",))
_GROUPED = f"""SELECT '{DAY}' AS stat_date, '{HALL}' AS hall_code,
  {{department}} AS department_code, {{item}} AS item_code,
  measure, SUM(number) AS "count"
FROM counts
WHERE hall_code = :hall AND stat_date = :day
GROUP BY {{groups}}
"""
_ANOTHER = f"INSERT INTO counts VALUES ('{DAY}', '{HALL}', '{{}}', {{}}, 'online_accepted', {{}})"
_IN_ALL = "UPDATE day_close SET online_accepted = {}"
_BINARY = "CONVERT({} USING utf8mb4) COLLATE utf8mb4_bin"
_C = 'CAST({} AS text) COLLATE "C"'
_EQUAL = "holds different codes equal (by case, width or accents)"
_EXACT_MEASURE = "measure COLLATE utf8mb4_bin AS measure"
_ICU = "CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level1', deterministic = false)"


def _grouped(
    *run: str,
    department: str = "department_code",
    groups: str = "department_code, measure",
    item: str = "NULL",
    **more: object,
) -> Spoil:
    return Spoil(run, query=_GROUPED.format(department=department, groups=groups, item=item), **more)  # type: ignore[arg-type]


def _exactly(*run: str, item: str = "NULL") -> Spoil:
    """Grouped as the message advises MariaDB's users."""
    spoil = _grouped(*run, department=_BINARY.format("department_code"), groups="3, 4, 5", item=item)
    return replace(spoil, counts=(("  measure,", f"  {_BINARY.format('measure')} AS measure,"),))


def _pairs(one: str, other: str) -> tuple[str, ...]:
    """Two more codes, which a database may hold equal."""
    return (_ANOTHER.format(one, "NULL", 1), _ANOTHER.format(other, "NULL", 2), _IN_ALL.format(8))


def _with_globals(names: str, *run: str, **more: object) -> Spoil:
    """A server whose settings differ from the usual ones."""
    settings = [name.strip() for name in names.split(";")]
    usual = [f"SET GLOBAL {name.partition('=')[0]} = DEFAULT" for name in settings]
    return Spoil((*run, *(f"SET GLOBAL {name}" for name in settings)), afterwards=tuple(usual), **more)  # type: ignore[arg-type]


def _typed(kind: str) -> tuple[str, ...]:
    return ("CREATE EXTENSION citext", _ICU, f"ALTER TABLE counts ALTER COLUMN department_code TYPE {kind}")


DECIDED: tuple[tuple[tuple[str, ...], Case], ...] = (
    (
        ALL,
        Case(
            "a closing record of nought, and no rows",
            Spoil(("DELETE FROM counts", "UPDATE day_close SET online_accepted = 0, online_completed = 0")),
        ),
    ),
    (("postgresql", "sqlite"), Case("a day that is grouped", _grouped())),
    (MARIADB, Case("a day that is grouped by exact texts", _exactly())),
    (
        MARIADB,
        Case(
            "a day that is grouped by binary columns",
            _grouped("ALTER TABLE counts CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"),
        ),
    ),
    (
        MARIADB,
        Case(
            "an item that the server would choose",
            _grouped(_ANOTHER.format("D01", "'I02'", 900), _IN_ALL.format(905), item="item_code", groups="3, measure"),
            ("counts.sql line 2: the query selects what it doesn't group by", "(1055))", "group by each column"),
        ),
    ),
    (
        POSTGRESQL,
        Case(
            "an item that the server would choose",
            _grouped(item="item_code"),
            ("counts.sql line 2: the query selects what it doesn't group by",),
        ),
    ),
    (
        MARIADB,
        Case(
            "codes of another case are one to the server",
            _grouped(*_pairs("D01", "d01")),
            (
                f"counts.sql groups texts of department_code, whose collation utf8mb4_general_ci {_EQUAL}",
                "select CONVERT(department_code USING utf8mb4) COLLATE utf8mb4_bin, and let GROUP BY name it",
            ),
        ),
    ),
    (MARIADB, Case("codes of another case, the other first", _grouped(*_pairs("d01", "D01")), (_EQUAL,))),
    (MARIADB, Case("codes of another width", _grouped(*_pairs("D01", "Ｄ01")), (_EQUAL,))),
    (MARIADB, Case("codes with and without an accent", _grouped(*_pairs("É1", "E1")), (_EQUAL,))),
    (MARIADB, Case("codes beyond the BMP", _grouped(*_pairs("𠮷1", "𡈽1")), (_EQUAL,))),
    (
        MARIADB,
        Case(
            "codes of another case, exactly",
            _exactly(*_pairs("D01", "d01")),
            ("department_is_known", "counts.sql row"),
        ),
    ),
    (
        MARIADB,
        Case(
            "items of another case, exactly",
            _exactly(
                _ANOTHER.format("D01", "'a1'", 1),
                _ANOTHER.format("D01", "'A1'", 2),
                _IN_ALL.format(8),
                item="item_code COLLATE utf8mb4_bin",
            ),
        ),
    ),
    (
        MARIADB,
        Case(
            "an exact text that is grouped by the blind column",
            _grouped(
                department=_BINARY.format("department_code") + " AS department, NULL", groups="department_code, measure"
            ),
            ("counts.sql",),
        ),
    ),
    (
        MARIADB,
        Case(
            "an exact text of another name that is grouped by the blind column",
            Spoil(
                query="""SELECT :day AS stat_date, :hall AS hall_code,
  MIN(department_code COLLATE utf8mb4_bin) AS department_code,
  NULL AS item_code, 'online_accepted' AS measure, SUM(number) AS "count"
FROM counts WHERE measure = 'online_accepted' GROUP BY counts.department_code""",
                settings={"measures": ["online_accepted"]},
                day_close=(("online_accepted, online_completed", "online_accepted"),),
            ),
            (f"counts.sql groups texts of counts.department_code, whose collation utf8mb4_general_ci {_EQUAL}",),
        ),
    ),
    (
        MARIADB,
        Case(
            "distinct codes under a blind collation",
            _counts("SELECT", "SELECT DISTINCT"),
            (_EQUAL,),
        ),
    ),
    (
        MARIADB,
        Case(
            "codes of two selects under a blind collation",
            Spoil(counts=(("ORDER BY department_code", "UNION SELECT * FROM counts WHERE 1 = 0"),)),
            (_EQUAL,),
        ),
    ),
    (
        MARIADB,
        Case(
            "two selects side by side",
            Spoil(counts=(("ORDER BY department_code", "UNION ALL SELECT * FROM counts WHERE 1 = 0"),)),
        ),
    ),
    (MARIADB, Case("the word DISTINCT in a comment", _counts("-- Counts", "-- SELECT DISTINCT … GROUP BY"))),
    (MARIADB, Case("another charset of the connection", Spoil(words="?charset=gbk"))),
    (
        POSTGRESQL,
        Case(
            "citext",
            _grouped(*_typed("citext"), *_pairs("D01", "d01")),
            (
                f"counts.sql groups texts of department_code, whose collation citext {_EQUAL}",
                'select CAST(department_code AS text) COLLATE "C"',
            ),
        ),
    ),
    (POSTGRESQL, Case("citext, the other first", _grouped(*_typed("citext"), *_pairs("d01", "D01")), (_EQUAL,))),
    (
        POSTGRESQL,
        Case(
            "citext that is cast after it is grouped",
            _grouped(*_typed("citext"), department="CAST(department_code AS text)"),
            (f"counts.sql groups texts of counts.department_code, whose collation citext {_EQUAL}",),
        ),
    ),
    (
        POSTGRESQL,
        Case(
            "citext that is cast before it is grouped",
            _grouped(*_typed("citext"), department="CAST(department_code AS text)", groups="3, measure"),
        ),
    ),
    (
        POSTGRESQL,
        Case("citext that isn't grouped", Spoil(_typed("citext"))),
    ),
    (
        POSTGRESQL,
        Case(
            "a collation that is blind to case and accents",
            _grouped(*_typed("text COLLATE blind"), *_pairs("D01", "d01")),
            (f"whose collation blind {_EQUAL}",),
        ),
    ),
    (
        POSTGRESQL,
        Case(
            "a blind collation, grouped exactly",
            _grouped(
                *_typed("text COLLATE blind"),
                department=_C.format("department_code"),
                groups=f"{_C.format('department_code')}, measure",
            ),
        ),
    ),
    (
        SQLITE,
        Case(
            "a column that is blind to case",
            _grouped(
                "ALTER TABLE counts RENAME TO old",
                "CREATE TABLE counts (stat_date DATE, hall_code TEXT, department_code TEXT COLLATE NOCASE,"
                " item_code TEXT, measure TEXT, number BIGINT)",
                "INSERT INTO counts SELECT * FROM old",
            ),
            (f"counts.sql groups texts of counts.department_code, whose collation NOCASE {_EQUAL}",),
        ),
    ),
    (
        MARIADB,
        Case(
            "a zero divides, and the server doesn't mind",
            _with_globals("sql_mode = ''", counts=(("number AS", "number DIV (number - 5) AS"),)),
            ("counts.sql: the database answered and warned (Division by 0 (1365))",),
        ),
    ),
    (
        MARIADB,
        Case(
            "warnings that the server doesn't keep",
            _with_globals("max_error_count = 0", counts=(("number AS", "CAST('12 of 13' AS INT) AS"),)),
            ("counts.sql: the database answered and warned (Truncated incorrect INTEGER value: …",),
        ),
    ),
    (MARIADB, Case("answers that the server cuts", _with_globals("sql_select_limit = 1"))),
    (
        MARIADB,
        Case(
            "quotation marks that the server reads as names", _with_globals("sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'")
        ),
    ),
    (
        MARIADB,
        Case(
            "digits after a division that the server chose",
            _with_globals("div_precision_increment = 0", counts=(("number AS", "number * (1 / 4) * 4 AS"),)),
        ),
    ),
    (
        MARIADB,
        Case(
            "a join that the server finds too large",
            _with_globals(
                "max_join_size = 1; sql_big_selects = 0",
                day_close=(("FROM day_close", "FROM day_close JOIN counts USING (stat_date, hall_code)"),),
            ),
            ("day_close.sql lines 1 to 3: the database refused the query", "(1104)"),
        ),
    ),
    (
        POSTGRESQL,
        Case(
            "days that the account writes otherwise",
            Spoil(
                ("ALTER ROLE reader SET DateStyle = 'German'",),
                counts=(("stat_date,", "CAST(stat_date AS text) AS stat_date,"),),
                afterwards=("ALTER ROLE reader RESET ALL",),
            ),
        ),
    ),
    (
        POSTGRESQL,
        Case(
            "nothing is equal to NULL, whatever the account is set to",
            Spoil(
                ("ALTER ROLE reader SET transform_null_equals = on", _ANOTHER.format("D99", "NULL", 9)),
                counts=(("WHERE", "WHERE (item_code = NULL OR department_code <> 'D99') AND"),),
                afterwards=("ALTER ROLE reader RESET ALL",),
            ),
        ),
    ),
    (
        ALL,
        Case(
            "constants of the settings",
            Spoil(
                counts=(("hall_code, ", ""), ("measure, ", "")),
                settings={"constants": {"hall_code": "{hall}", "measure": "online_accepted"}},
                run=("UPDATE day_close SET online_accepted = 12, online_completed = 0",),
            ),
        ),
    ),
    (
        ALL,
        Case(
            "a constant that the query selects, too",
            Spoil(settings={"constants": {"hall_code": "{hall}"}}),
            ("select exactly stat_date, department_code, item_code, measure, count",),
        ),
    ),
    (
        ALL,
        Case(
            "a constant site for several at once",
            Spoil(
                counts=(("hall_code, ", ""),),
                settings={**_SEVERAL, "constants": {"hall_code": "{hall}"}},
                all_halls=True,
            ),
            ("key constants: {hall} is one site, and counts.sql asks for several at once; let it take :hall",),
        ),
    ),
    (
        ALL,
        Case(
            "a constant that isn't known",
            Spoil(
                counts=(("department_code, ", ""), ("ORDER BY department_code", "")),
                settings={"constants": {"department_code": "D99"}},
            ),
            ("department_is_known",),
        ),
    ),
)

# --- errors that nobody foresaw, and what is raised while connecting --------------------------------------------------

_KEY = "key database: no connection can be opened ("
_TWO_ROWS = _counts("number AS", "(SELECT number FROM counts) AS")
_VIEW = ("DROP USER IF EXISTS gone@localhost", "CREATE USER gone@localhost", "GRANT ALL ON *.* TO gone@localhost")
_VERSION = "CREATE OR REPLACE FUNCTION pg_catalog.version() RETURNS text LANGUAGE sql AS $$SELECT '{}'$$"
_OPENGAUSS = _VERSION.format("(openGauss 5.0.0 build a07d57c3) compiled at 2023-03-29")
ERRORS: tuple[tuple[tuple[str, ...], Case], ...] = (
    (
        MARIADB,
        Case(
            "a subquery of two rows",
            _TWO_ROWS,
            (
                "counts.sql lines 1 to 5: the database refused the query (Subquery returns more than 1 row (1242))",
                "hold counts.sql against",
            ),
        ),
    ),
    (
        POSTGRESQL,
        Case(
            "a subquery of two rows",
            _TWO_ROWS,
            ("counts.sql lines 1 to 5: the database refused the query (more than one row returned",),
        ),
    ),
    (
        MARIADB,
        Case(
            "a union of another width",
            _counts("ORDER BY department_code", "UNION ALL SELECT 1, 2"),
            ("counts.sql lines 1 to 5: the database refused the query (The used SELECT statements have",),
        ),
    ),
    (
        POSTGRESQL,
        Case(
            "a union of another width",
            _counts("ORDER BY department_code", "UNION ALL SELECT 1, 2"),
            ("counts.sql line 5: the database refused the query (each UNION query must have the same",),
        ),
    ),
    (
        MARIADB,
        Case(
            "a view of a dropped table",
            Spoil(
                (
                    "CREATE TABLE gone (a INT)",
                    "ALTER TABLE counts RENAME TO base",
                    "CREATE VIEW counts AS SELECT base.* FROM base JOIN gone",
                    "DROP TABLE gone",
                )
            ),
            (
                "counts.sql line 3: the database refused the query (View",
                "(1356)",
                "hold counts.sql against the database's tables",
            ),
        ),
    ),
    (
        MARIADB,
        Case(
            "a view whose definer is gone",
            Spoil(
                (
                    *_VIEW,
                    "ALTER TABLE counts RENAME TO base",
                    "CREATE DEFINER = gone@localhost VIEW counts AS SELECT * FROM base",
                    "DROP USER gone@localhost",
                )
            ),
            (
                "counts.sql",
                "the database reads counts as gone@localhost, an account that is gone or may not read",
                "give the view another definer",
            ),
        ),
    ),
    (
        MARIADB,
        Case(
            "a function that isn't there",
            _count_is("nosuch(number)"),
            ("counts.sql line 2: the database refused the query (FUNCTION", "(1305)"),
        ),
    ),
    (
        POSTGRESQL,
        Case(
            "a function that isn't there",
            _count_is("nosuch(number)"),
            ("counts.sql line 2: the database refused the query (function nosuch(bigint) does not exist",),
        ),
    ),
    (
        SQLITE,
        Case(
            "a function that isn't there",
            _count_is("nosuch(number)"),
            ("counts.sql line 2: the database refused the query (no such function: nosuch",),
        ),
    ),
    (
        MARIADB,
        Case(
            "a column of two tables",
            Spoil(counts=(("FROM counts", "FROM counts JOIN day_close ON 1 = 1"),)),
            ("counts.sql line 2: the database refused the query (Column 'stat_date' in", "(1052)"),
        ),
    ),
    (
        MARIADB,
        Case(
            "an error that repeats a person",
            _count_is(f"extractvalue(1, concat('~', '{PERSON}'))"),
            (
                "counts.sql lines 1 to 5: the database refused the query (XPATH syntax error: … (1105))",
                "may pass by itself",
            ),
        ),
    ),
    (
        POSTGRESQL,
        Case(
            "a function that raises a person",
            Spoil(
                (
                    f"""CREATE FUNCTION raising() RETURNS bigint LANGUAGE plpgsql AS
                        $$BEGIN RAISE EXCEPTION '{PERSON}'; END$$""",
                ),
                (("number AS", "raising() AS"),),
            ),
            ("counts.sql: a view or function raised an error of its own (P0001)", "its words aren't shown"),
        ),
    ),
    (
        MARIADB,
        Case(
            "a charset that is none", Spoil(words="?charset=utf-8"), (_KEY, "(charset and other words of the driver)")
        ),
    ),
    (
        MARIADB,
        Case(
            "a charset that the server doesn't know",
            Spoil(words="?charset=gb18030"),
            (f"{_KEY}Unknown character set: 'gb18030' (1115))",),
        ),
    ),
    (MARIADB, Case("a word of the URL that is none", Spoil(words="?nonsense=1"), (_KEY, "'nonsense'"))),
    (MARIADB, Case("a time-out that is none", Spoil(words="?connect_timeout=soon"), ("key database",))),
    (
        POSTGRESQL,
        Case(
            "a word of the URL that is none",
            Spoil(url=(("?sslmode", "?nonsense=1&sslmode"),)),
            (f'{_KEY}invalid connection option "nonsense")', "hold the key database"),
        ),
    ),
    (
        POSTGRESQL,
        Case(
            "a way to encrypt that is none",
            Spoil(url=(("verify-full", "verify_full"),)),
            (_KEY, 'invalid sslmode value: "verify_full"'),
        ),
    ),
    (
        POSTGRESQL,
        Case(
            "an encoding that is none",
            Spoil(url=(("?sslmode", "?client_encoding=gb99&sslmode"),)),
            (_KEY, "client_encoding"),
        ),
    ),
    (
        POSTGRESQL,
        Case(
            "openGauss, called PostgreSQL",
            Spoil((_OPENGAUSS,)),
            ("key database: the server is openGauss or GaussDB, and not PostgreSQL", "begin with opengauss+psycopg://"),
        ),
    ),
    (
        POSTGRESQL,
        Case(
            "openGauss",
            Spoil(
                (_OPENGAUSS,),
                url=(("postgresql+psycopg", "opengauss+psycopg"),),
            ),
        ),
    ),
    (
        POSTGRESQL,
        Case(
            "another database that says it is none of PostgreSQL's",
            Spoil(
                (_VERSION.format("Vastbase G100 V2.2"),),
            ),
            (f"{_KEY}Could not determine version from string",),
        ),
    ),
    (POSTGRESQL, Case("a port that is another's", Spoil(url=(("@127.0.0.1:", "@127.0.0.1:1"),)), ("key database: ",))),
    (
        SERVED,
        Case(
            "a host that nobody knows",
            Spoil(url=(("127.0.0.1", "hall.invalid"),)),
            ("key database: the database didn't answer (", "its host and port in the key database"),
        ),
    ),
)
PAIRS = [(kind, case) for kinds, case in (*_CASES, *DECIDED, *ERRORS) for kind in kinds]
