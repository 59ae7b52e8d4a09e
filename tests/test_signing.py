"""Three people sign a month, each with a key of their own and days apart, by the commands that they type."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import Result

from reports.certificates.signers import create_key
from tests.halls import PARAGRAPH, Hall

ROOT = Path(__file__).resolve().parents[1]
PEOPLE = {"preparer": "张三", "reviewer": "李四", "signer": "王五"}


@pytest.fixture
def by_hand(built_hall: Hall, tmp_path: Path) -> Hall:
    """The same hall under the policy manual, with a key for each of three people."""
    other = built_hall.copy(tmp_path)
    folder = tmp_path / "hall"
    shutil.copytree(ROOT / "orchestration" / "demo" / "hall", folder)
    text = (folder / "hall.toml").read_text()
    text = text.replace('policy = "automatic"\nservice = "demo signing service"', 'policy = "manual"')
    (folder / "hall.toml").write_text(re.sub(r"\$\{YUEBAO_DEMO_DIR\}/(signers.toml|service.pem)", r"\1", text))
    keys = {role: create_key(folder / f"{role}.pem", SecretStr("a passphrase")) for role in PEOPLE}
    (folder / "signers.toml").write_text(
        "\n".join(
            f'[[signers]]\nname = "{name}"\nrole = "{role}"\npublic_key = "{keys[role]}"\nvalid_from = 2020-01-01\n'
            for role, name in PEOPLE.items()
        )
    )
    other.environment |= {"YUEBAO_HALL": str(folder), "YUEBAO_SIGNING_PASSPHRASE": "a passphrase"}
    return other


def sign(hall: Hall, role: str, key: str = "", *more: str) -> Result:
    return hall.run("sign", "2025-03", "--as", role, "--key", key_of(hall, key or role), *more)


def key_of(hall: Hall, role: str) -> str:
    return str(Path(hall.environment["YUEBAO_HALL"]) / f"{role}.pem")


def certificates(hall: Hall) -> list[Path]:
    return sorted((hall.home / "certificates").glob("*.json"))


def drawn_up(hall: Hall) -> Hall:
    waiting = hall.run("certify", "2025-03")
    assert waiting.exit_code == 1
    assert "2025-03 is 待核定: every check has passed, and it waits for preparer, reviewer, signer" in waiting.stderr
    return hall


def test_three_people_sign_and_nothing_is_emitted_before(by_hand: Hall) -> None:
    drawn_up(by_hand)
    assert PARAGRAPH in (by_hand.home / "signing" / "2025-03-r1" / "section.txt").read_text(encoding="utf-8")
    for role in ("preparer", "reviewer"):
        signed = sign(by_hand, role)
        assert signed.exit_code == 0, signed.output
        assert f"2025-03 signed by {role} {PEOPLE[role]}" in signed.stdout
        assert not certificates(by_hand)
        assert not (by_hand.home / "published" / "2025-03" / "current").exists()
    assert "signed by preparer 张三, reviewer 李四; it waits for signer" in by_hand.run("status", "2025-03").stdout

    last = sign(by_hand, "signer")

    assert last.exit_code == 0, last.output
    assert "000001-2025-03-r1.json 已核定" in last.stdout
    assert PARAGRAPH in by_hand.run("report", "2025-03", "--no-pull").stdout
    assert by_hand.run("verify").exit_code == 0
    assert "张三、李四、王五" in by_hand.run("show", "2025-03").stdout
    (certificate,) = certificates(by_hand)
    signatures = json.loads(certificate.read_text(encoding="utf-8"))["signatures"]
    assert [each["role"] for each in signatures] == list(PEOPLE)
    assert len({each["key"] for each in signatures}) == 3
    assert not list((by_hand.home / "signing").glob("2025*"))


def test_one_person_cannot_do_two_and_nobody_signs_out_of_turn(by_hand: Hall) -> None:
    nothing = sign(by_hand, "preparer")
    assert nothing.exit_code == 1
    assert "nothing of 2025-03 waits for a signature" in nothing.stderr
    drawn_up(by_hand)
    for role, key, said in (
        ("reviewer", "reviewer", "2025-03 waits for preparer, not for reviewer"),
        ("preparer", "reviewer", "isn't listed as preparer's"),
    ):
        refused = sign(by_hand, role, key)
        assert refused.exit_code == 1
        assert said in refused.stderr
    assert sign(by_hand, "preparer").exit_code == 0
    listed = Path(by_hand.environment["YUEBAO_HALL"]) / "signers.toml"
    listed.write_text(listed.read_text().replace('role = "reviewer"', 'role = "preparer"'))
    assert "waits for reviewer, not for preparer" in sign(by_hand, "preparer").stderr
    assert not certificates(by_hand)


def test_a_changed_setting_voids_what_was_signed(by_hand: Hall) -> None:
    drawn_up(by_hand)
    assert sign(by_hand, "preparer").exit_code == 0
    wording = Path(by_hand.environment["YUEBAO_HALL"]) / "wording.txt.j2"
    wording.write_text(wording.read_text(encoding="utf-8").replace("办理政务服务", "共办理政务服务"), encoding="utf-8")

    status = by_hand.run("status", "2025-03")
    assert "what waits for signatures (signed by 张三) is void" in status.stdout

    drawn_up(by_hand)
    again = sign(by_hand, "reviewer")
    assert again.exit_code == 1
    assert "waits for preparer, not for reviewer" in again.stderr
    voided = [json.loads(line) for path in sorted((by_hand.home / "events").iterdir()) for line in path.open()]
    assert [each["signed"] for each in voided if each["event"] == "signatures voided"] == [["张三"]]


def test_a_month_is_signed_at_another_machine(by_hand: Hall, tmp_path: Path) -> None:
    drawn_up(by_hand)
    for role in PEOPLE:
        request, answer = tmp_path / f"{role}.request", tmp_path / f"{role}.answer"
        assert by_hand.run("sign", "2025-03", "--request", str(request)).exit_code == 0
        there = Hall(tmp_path / "elsewhere", {"YUEBAO_DEMO_DIR": str(tmp_path), "YUEBAO_HALL": "", **passphrase()})
        signed = there.run("sign", str(request), "--as", role, "--key", key_of(by_hand, role), "--answer", str(answer))
        assert signed.exit_code == 0, signed.output
        brought = by_hand.run("sign", "2025-03", "--answer", str(answer))
        assert brought.exit_code == 0, brought.output
    assert by_hand.run("verify", "2025-03").exit_code == 0
    assert len(certificates(by_hand)) == 1


def test_an_answer_of_another_candidate_is_refused(by_hand: Hall, tmp_path: Path) -> None:
    drawn_up(by_hand)
    request, answer = tmp_path / "request", tmp_path / "answer"
    assert by_hand.run("sign", "2025-03", "--request", str(request)).exit_code == 0
    asked = json.loads(request.read_text(encoding="utf-8"))
    spoiled = {**asked, "text": asked["text"].replace("5.42", "5.43")}
    request.write_text(json.dumps(spoiled, ensure_ascii=False, sort_keys=True, separators=(",", ":")), encoding="utf-8")
    key = key_of(by_hand, "preparer")
    refused = by_hand.run("sign", str(request), "--as", "preparer", "--key", key, "--answer", str(answer))
    assert refused.exit_code == 1
    assert "its text isn't the one that is to be signed" in refused.stderr
    assert not answer.exists()


def test_an_answer_that_was_changed_on_its_way_counts_for_nothing(by_hand: Hall, tmp_path: Path) -> None:
    drawn_up(by_hand)
    request, answer = tmp_path / "request", tmp_path / "answer"
    assert by_hand.run("sign", "2025-03", "--request", str(request)).exit_code == 0
    words = ("--as", "preparer", "--key", key_of(by_hand, "preparer"), "--answer", str(answer))
    assert by_hand.run("sign", str(request), *words).exit_code == 0
    good = answer.read_bytes()
    for old, new, said in (
        ("张三", "李四", "its signature doesn't fit"),
        ("preparer", "reviewer", "waits for preparer, not for reviewer"),
        ("ed25519", "rsa", "can't be read as a signature"),
    ):
        answer.write_bytes(good.replace(old.encode(), new.encode()))
        refused = by_hand.run("sign", "2025-03", "--answer", str(answer))
        assert refused.exit_code == 1
        assert said in refused.stderr
    answer.write_bytes(good)
    assert by_hand.run("sign", "2025-03", "--answer", str(answer)).exit_code == 0


def passphrase() -> dict[str, str]:
    return {"YUEBAO_SIGNING_PASSPHRASE": "a passphrase"}


def test_of_two_who_sign_last_at_once_one_wins_and_the_other_is_told(by_hand: Hall) -> None:
    drawn_up(by_hand)
    assert sign(by_hand, "preparer").exit_code == 0
    assert sign(by_hand, "reviewer").exit_code == 0
    words = ["sign", "2025-03", "--as", "signer", "--key", key_of(by_hand, "signer")]
    program = [sys.executable, "-c", "from orchestration.cli.main import app; app()", *words]
    environment = {**by_hand.environment, "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    both = [
        subprocess.Popen(program, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = [process.communicate() for process in both]
    assert sorted(process.returncode for process in both) == [0, 1], told
    assert not any("Traceback" in error for _, error in told)
    assert len(certificates(by_hand)) == 1
    assert by_hand.run("verify").exit_code == 0
