"""校核: the log of questions on certified figures, its commands, and what an open question does to a month."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from orchestration.assets.certified import QUESTIONS_CHECK, build_ledger_checks
from orchestration.demo import demo_hall
from orchestration.runtime.installation import DEMO_HALL
from orchestration.runtime.paths import Home
from reports.certificates.certificate import Certificate
from reports.certificates.chain import LogError
from reports.certificates.queries import OpenQueriesError, Queries, QueryError
from tests.dossiers import certificate
from tests.halls import Hall, Printed
from tests.moments import SHANGHAI

MARCH = certificate()


@pytest.fixture
def log(tmp_path: Path) -> Queries:
    return Queries(tmp_path / "questions", SHANGHAI)


def ask(log: Queries, text: str = "比上月多出三成，请核实", asked: Certificate = MARCH) -> str:
    return log.ask(asked, "online_accepted", text, owner="张三", by="李四").id


def test_a_question_is_open_until_it_is_answered(log: Queries) -> None:
    first, second = ask(log), ask(log, "二月呢", certificate("2025-02"))
    assert (first, second) == ("Q1", "Q2")

    (query,) = log.of("2025-03")
    asked = query.question
    assert (asked.id, asked.metric, asked.owner, asked.by, asked.certificate) == (
        first, "online_accepted", "张三", "李四", MARCH.code,
    )  # fmt: skip
    assert asked.at.endswith("+08:00")
    assert [each.question.id for each in log.open_in()] == [first, second]

    log.answer(first.lower(), "三月集中办理，已与平台核对", by="张三")

    assert [each.question.id for each in log.open_in()] == [second]
    assert [given.text for given in log.of("2025-03")[0].answers] == ["三月集中办理，已与平台核对"]


def test_a_month_with_an_open_question_may_not_be_signed(log: Queries) -> None:
    first = ask(log)

    with pytest.raises(OpenQueriesError, match=rf"2025-03 may not be signed .*\n  {first} open, 2025-03 online_acc"):
        log.require_none_open("2025-03")
    log.require_none_open("2025-02")
    log.answer(first, "已核对", by="张三")
    log.require_none_open("2025-03")


@pytest.mark.parametrize("text", ["请致电 13800138000", "身份证 510104199001011234 重复", "０２８ 8612 3456 的来电"])
def test_personal_data_is_refused_and_not_echoed(log: Queries, text: str) -> None:
    for arguments in ((text, "张三", "李四"), ("看一下", text, "李四"), ("看一下", "张三", text)):
        with pytest.raises(QueryError, match="personal data isn't kept here") as refused:
            log.ask(MARCH, "online_accepted", arguments[0], owner=arguments[1], by=arguments[2])
        assert not any(character.isdigit() for character in str(refused.value))
    assert not log.folder.exists()


@pytest.mark.parametrize(
    ("text", "message"), [(" \n", "is empty"), ("问" * 2_001, "at most 2000"), ("\ud800", "aren't text")]
)
def test_a_text_that_cannot_be_kept_is_refused(log: Queries, text: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        ask(log, text)
    assert ask(log, "问" * 2_000) == "Q1"


def test_what_is_not_there_is_named(log: Queries) -> None:
    ask(log)

    with pytest.raises(QueryError, match="no question 'Q9'; there are Q1"):
        log.answer("Q9", "?", by="张三")
    with pytest.raises(QueryError, match="has no cats; it has comprehensive_window_accepted"):
        log.ask(MARCH, "cats", "?", owner="张三", by="李四")


@pytest.mark.parametrize("harm", ["changed", "reformatted", "taken away", "renamed", "rubbish"])
def test_a_log_that_was_tampered_with_is_not_read(log: Queries, harm: str) -> None:
    for _ in range(3):
        ask(log)
    second = log.folder / "000002.json"
    match harm:
        case "changed":
            second.write_bytes(second.read_bytes().replace("核实".encode(), "放过".encode()))
        case "reformatted":
            second.write_text(json.dumps(json.loads(second.read_bytes()), indent=1))
        case "taken away":
            second.unlink()
        case "renamed":
            second.rename(log.folder / "000009.json")
        case "rubbish":
            second.write_bytes(b"\xff")

    for reading in (log.of, log.open_in, lambda: log.require_none_open("2025-02"), lambda: ask(log)):
        with pytest.raises(LogError, match="backup"):
            reading()


def test_a_log_that_is_no_folder_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "questions").write_text("")

    with pytest.raises(LogError, match="can't be read"):
        Queries(tmp_path / "questions").require_none_open("2025-03")


def _ask_ten(folder: Path) -> None:
    for _ in range(10):
        ask(Queries(folder))


def test_processes_that_ask_at_once_get_different_ids(log: Queries) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_ask_ten, args=(log.folder,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert [each.question.id for each in log.of()] == [f"Q{number}" for number in range(1, 31)]


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory, march_printed: Printed) -> Iterator[Hall]:
    """A hall with March certified."""
    folder = tmp_path_factory.mktemp("questions")
    with demo_hall(folder / "demo", ["2025-03"]) as demo:
        yield Hall(folder, demo.variables()).begin_with(march_printed)


def test_the_commands_ask_answer_and_list(certified: Hall, tmp_path: Path) -> None:
    hall = certified.copy(tmp_path)
    assert hall.run("questions").stdout == ""

    asked = hall.run("question", "2025-03", "全程网办受理", "为什么比上月多", "--owner", "王科", "--by", "李处")
    assert asked.stdout.startswith("Q1 已登记：2025-03 online_accepted，核定码 "), asked.output
    assert asked.output.endswith("，由 王科 答复\n")
    assert "Q1 open, 2025-03 online_accepted" in hall.run("questions", "2025-03", "--open").output
    status = hall.run("status", "2025-03")
    assert (status.exit_code, "校核 Q1 open" in status.output) == (0, True)
    pages = hall.run("desk", "2025-03")
    assert pages.exit_code == 0, pages.output
    page = hall.home / "published" / "2025-03" / "index.html"
    assert "为什么比上月多" in page.read_text(encoding="utf-8")
    assert "有 1 个校核问题还没有答复" in page.read_text(encoding="utf-8")

    section = hall.home / "published" / "2025-03" / "r1" / "section.txt"
    section.write_text(section.read_text(encoding="utf-8").replace("5.42", "5.52"), encoding="utf-8")
    refused = hall.run("desk")
    assert (refused.exit_code, "2025-03 is certified, but not sound" in refused.output) == (1, True)
    assert "5.52" not in page.read_text(encoding="utf-8")

    assert hall.run("answer", "Q1", "三月集中办理", "--by", "王科").stdout == "Q1 已答复\n"
    assert hall.run("questions", "--open").stdout == ""
    assert "answered" in hall.run("questions").output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("2025-30", "online_accepted", "?"), "是不是 2025-03？"),
        (("2025-03", "online_acepted", "?"), "是不是 online_accepted"),
        (("2025-03", "全程网办", "?"), "全程网办受理"),
        (("2025-03", "online_accepted", "电话 13800138000"), "个人信息不能登记"),
    ],
)
def test_a_mistake_is_one_readable_line(certified: Hall, arguments: tuple[str, ...], message: str) -> None:
    refused = certified.run("question", *arguments)

    assert refused.exit_code == 2
    assert message in refused.output
    assert "13800138000" not in refused.output
    assert not (certified.home / "questions").exists()


def test_an_open_question_blocks_a_revision_where_the_policy_says_so(certified: Hall, tmp_path: Path) -> None:
    hall = certified.copy(tmp_path, demo=True)
    blocking = _hall_that_blocks(tmp_path / "hall")
    hall.environment["YUEBAO_HALL"] = str(blocking)
    hall.correct_calls("2025-03-12", 5)
    assert hall.run("pull", "2025-03-12", "--system", "call_centre").exit_code == 0
    hall.run("question", "2025-03", "phone_consultations", "少计了一天")

    refused = hall.run("revise", "2025-03", "--reason", "source_correction", "--note", "补报")

    assert refused.exit_code == 1
    assert "2025-03 may not be signed while a question is open" in refused.output
    assert "Q1 open, 2025-03 phone_consultations" in refused.output
    asked = hall.home / "questions" / "000001.json"
    content = asked.read_bytes()
    asked.write_text("{}")
    unread = hall.run("revise", "2025-03", "--reason", "source_correction", "--note", "补报")
    assert "restore it from a backup" in unread.output
    asked.write_bytes(content)
    assert hall.run("answer", "Q1", "已补报").exit_code == 0
    assert hall.run("revise", "2025-03", "--reason", "source_correction", "--note", "补报").exit_code == 0


def test_the_check_warns_while_a_question_is_open_or_nobody_can_tell(home: Home) -> None:
    (check,) = (check for check in build_ledger_checks() if QUESTIONS_CHECK in check.check_keys)
    log = Queries(home.questions)
    assert outcome(check) == (True, "every question is answered")

    first = ask(log)
    passed, description = outcome(check)
    assert not passed
    assert description.startswith(f"{first} open, 2025-03 online_accepted")
    log.answer(first, "已核对", by="张三")
    assert outcome(check)[0]

    (home.questions / "000001.json").write_text("{}")
    passed, description = outcome(check)
    assert (passed, "restore it from a backup" in description) == (False, True)


def outcome(check: dg.AssetChecksDefinition) -> tuple[bool, str]:
    result = check()
    assert isinstance(result, dg.AssetCheckResult)
    assert result.severity == dg.AssetCheckSeverity.WARN
    return result.passed, result.description or ""


def _hall_that_blocks(folder: Path) -> Path:
    shutil.copytree(DEMO_HALL, folder)
    settings = folder / "hall.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('policy = "automatic"', 'policy = "automatic"\nquestions = "block"'), "utf-8")
    return folder
