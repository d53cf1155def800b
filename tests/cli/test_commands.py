"""What scripts may rely on: exit codes, help, the last line of `load --json`; and no traceback, ever."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import typer
from typer.testing import CliRunner

from kangshu.interfaces.cli.main import app
from kangshu.kernel.facts.embedded import server as embedded
from tests.support.cda_hostile import MARK as NAME
from tests.support.cda_hostile import REFUSED
from tests.support.cda_texts import PRESSURE, document, section
from tests.support.commands import call, kangshu, last_line, open_home

MARK = "Zhangsan"


def _commands(group: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Every command, and whether it is a group of others."""
    children = getattr(group, "commands", None)
    yield path, children is not None
    for name, child in (children or {}).items():
        yield from _commands(child, (*path, name))


ALL = sorted(_commands(typer.main.get_command(app)))
COMMANDS = [path for path, is_group in ALL if not is_group]


@pytest.mark.parametrize("command", [path for path, _ in ALL], ids=lambda path: " ".join(path) or "kangshu")
def test_every_command_has_help_with_an_example(command: tuple[str, ...]) -> None:
    told = CliRunner().invoke(app, [*command, "--help"], terminal_width=200)
    assert told.exit_code == 0
    assert " ".join(("kangshu", *command)) in told.output.partition("Example:")[2]


@pytest.mark.parametrize(
    "arguments",
    [
        *[(*command, "--no-such-option") for command in COMMANDS],
        ("no-such-command",),
        ("load",),
        ("load", "x", "--processes", "many"),
        ("load", "x", "--processes", "0"),
        ("load", __file__, "--source", ""),
        ("load", __file__, "--source", "../H1"),
        ("load", __file__, "--source", "H1\n"),
        ("land", __file__),
        ("land", __file__, "--feed", "fee_line", "--source", "../H1"),
        ("land", __file__, "--feed", "fee_line", "--source", ""),
        ("token", "--client", ""),
        ("token", "--client", "x", "--org", ""),
        ("user", "add", "x", "--name", "x", "--role", "doctor", "--password", "x"),
        ("user", "add", "x", "--name", "x", "--role", "resident", "--password", "x"),
        ("serve", "--port", "70000"),
        ("serve", "--port", "-1"),
        ("quarantine", "show", "seventeen"),
    ],
    ids=lambda arguments: " ".join(arguments).replace(__file__, "FILE"),
)
def test_a_wrong_call_is_two(arguments: tuple[str, ...]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2


Run = Callable[..., subprocess.CompletedProcess[str]]
"""`call`, or `kangshu`: a process, where the edge of a process matters or an input is meant to break one."""


def _load(home: Path, *arguments: str | Path, run: Run = call) -> tuple[int, dict[str, dict[str, int]], str]:
    done = run(home, "load", *arguments, "--json")
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(last_line(done)) if done.stdout.strip() else {}, done.stderr


def test_the_last_line_of_a_load_tells_what_became_of_it(installed: Path, patients: Path) -> None:
    code, told, _ = _load(installed, patients, "--source", "H44099900001", run=kangshu)
    assert code == 0
    assert told == {
        "files": 1,
        "unreadable": 0,
        "received": {"Patient": 3},
        "stored": {"Patient": 3},
        "unchanged": {},
        "quarantined": {},
    }
    code, told, _ = _load(installed, patients, "--source", "H44099900001", run=kangshu)
    assert (code, told["received"], told["unchanged"]) == (0, {"Patient": 3}, {"Patient": 3})
    assert told["stored"] == told["quarantined"] == {}
    (patients / "more.json").write_text(json.dumps({"resourceType": "Patient", "birthDate": MARK}))
    code, told, errors = _load(installed, patients, "--source", "H44099900001", run=kangshu)
    assert (code, told["quarantined"]) == (1, {"Patient": 1})
    assert MARK not in errors


def test_hostile_documents_are_set_aside_by_a_load(installed: Path, tmp_path: Path) -> None:
    for name, content in REFUSED.items():
        (tmp_path / f"{name}.xml").write_bytes(content)
    code, told, errors = _load(installed, tmp_path, "--source", "HOSTILE-CDA", run=kangshu)
    assert code == 1
    assert (told["stored"], told["quarantined"]) == ({}, {"?": len(REFUSED)})
    assert NAME not in errors
    shown = call(installed, "quarantine", "list", "--source", "HOSTILE-CDA")
    assert "line 1" in shown.stdout
    assert NAME not in shown.stdout


def test_a_load_tells_what_of_a_document_became_no_fact(installed: Path, tmp_path: Path) -> None:
    unmapped = "<act classCode='ACT' moodCode='EVN'><code code='x' codeSystem='1.2.3'/></act>"
    (tmp_path / "a.xml").write_text(document(section("8716-3", PRESSURE, unmapped)))
    shown = call(installed, "load", tmp_path, "--source", "H44099900001")
    assert shown.returncode == 0
    assert "became no fact: 1 not-supported" in shown.stderr
    (tmp_path / "a.xml").write_text(document(section("8716-3", PRESSURE, unmapped), number="d2"))
    code, told, _ = _load(installed, tmp_path, "--source", "H44099900001")
    assert (code, told["left_out"]) == (0, {"not-supported": 1})


HOSTILE = {
    "empty.json": b"",
    "half.json": f'{{"resourceType":"Patient","name":[{{"family":"{MARK}'.encode(),
    "utf16.json": f'{{"resourceType":"Patient","name":[{{"family":"{MARK}"}}]}}'.encode("utf-16"),
    "gb18030.json": '{"resourceType":"Patient","name":[{"family":"张三"}]}'.encode("gb18030"),
    "deep.json": b'{"resourceType":"Patient","name":' + b"[" * 1_000_000,
    "cut.json.gz": gzip.compress(f'{{"resourceType":"Patient","id":"{MARK}"}}'.encode(), mtime=0)[:-6],
    "bomb.json.gz": gzip.compress(b" " * (200 << 20), 6, mtime=0),
    "notgzip.json.gz": MARK.encode(),
    "twice.json": f'{{"resourceType":"Patient","id":"a","id":"{MARK}"}}'.encode(),
    "type.json": f'{{"resourceType":"{MARK}","id":"{MARK}"}}'.encode(),
    "id.json": f'{{"resourceType":"Patient","id":"{MARK} \'; DROP TABLE fact; --"}}'.encode(),
    "nul.json": f'{{"resourceType":"Patient","id":"a","name":[{{"family":"{MARK}\\u0000"}}]}}'.encode(),
    "surrogate.json": f'{{"resourceType":"Patient","id":"a","name":[{{"family":"{MARK}\\ud800"}}]}}'.encode(),
    "values.json": json.dumps(
        {"resourceType": "Patient", "id": "a", "birthDate": MARK, "active": MARK, "gender": [MARK]}
    ).encode(),
    "blank.ndjson": b"\n" * 1_000_000,
    "array.json": b"[" + b"1," * 1_000_000 + b"1]",
    "number.json": b'{"resourceType":"Patient","id":"a","multipleBirthInteger":' + b"9" * 1_000_000 + b"}",
    "binary.json": os.urandom(100_000),
}


def test_hostile_files_wait_in_quarantine_and_say_nothing_of_what_they_hold(
    installed: Path, tmp_path: Path
) -> None:
    for name, content in HOSTILE.items():
        (tmp_path / name).write_bytes(content)
    code, told, errors = _load(installed, tmp_path, "--source", "HOSTILE", run=kangshu)
    assert code == 1
    assert told["files"] == len(HOSTILE)
    assert told["stored"] == {}
    assert sum(told["quarantined"].values()) >= len(HOSTILE)
    listed = call(installed, "quarantine", "list", "--json", "--source", "HOSTILE")
    shown = call(installed, "quarantine", "list", "--source", "HOSTILE")
    entry = str(json.loads(last_line(listed))["id"])
    again = [call(installed, "quarantine", verb, entry) for verb in ("show", "replay")]
    assert [done.returncode for done in (listed, shown, *again)] == [0, 0, 0, 1]
    for text in (errors, json.dumps(told), *(done.stdout + done.stderr for done in (listed, shown, *again))):
        assert MARK not in text
        assert "Traceback" not in text


def test_why_a_table_is_refused_is_told_at_once(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text("visit_no,gend\n1,Zhangsan\n")
    done = call(installed, "land", tmp_path / "visits.csv", "--feed", "outpatient_visit", "--json")
    assert done.returncode == 1
    assert json.loads(last_line(done))["quarantined"] == {"?": 1}
    for name in ("fixmedins_code", "visit_time", "brdy", "certno"):
        assert f"the file.{name}: The column is promised and not there." in done.stderr
    assert MARK not in done.stderr + done.stdout


def test_what_cannot_be_loaded_is_told(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe.json")
    for path in (tmp_path / "nothing.json", tmp_path / "folder", tmp_path / "pipe.json", tmp_path / "[red]x"):
        code, told, errors = _load(installed, path)
        assert (code, told) == (2, {}), path
        assert errors.strip()


def test_what_lies_beside_the_files_to_load_is_told(installed: Path, patients: Path, tmp_path: Path) -> None:
    for name in ("more.tar.gz", "more.zip", "read.me", "picture.png"):
        (patients / name).write_bytes(b"x")
    code, told, errors = _load(installed, patients)
    assert (code, told["files"], told["received"]) == (1, 1, {"Patient": 3})
    assert "more.zip: left out, it is an archive" in errors
    assert "more.tar.gz" in errors
    assert "1 .png" in errors
    code, told, errors = _load(installed, patients / "more.zip")
    assert (code, told) == (2, {})
    assert "Unpack it" in errors
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed" / "all.tgz").write_bytes(b"x")
    code, told, errors = _load(installed, tmp_path / "packed")
    assert (code, told) == (2, {})
    assert "Unpack the archives" in errors


SERVER = "postgresql://postgres:Zhangsan@/{}?host={}"


@pytest.mark.parametrize(
    ("name", "value", "code", "told"),
    [
        ("KANGSHU_HOMES", "x", 2, "Not a setting"),
        ("KANGSHU_HOME", "/dev/null/home", 2, "KANGSHU_HOME"),
        ("KANGSHU_HOME", "/proc/home", 2, "KANGSHU_HOME"),
        ("KANGSHU_PACKS", "/nowhere", 2, "pack"),
        ("KANGSHU_DATABASE_URL", "postgresql://user:Zhangsan@127.0.0.1:1/none", 1, "Is it running?"),
        ("KANGSHU_DATABASE_URL", "postgresql://user:Zhangsan@no.such.host.invalid/none", 2, "no host"),
        ("KANGSHU_DATABASE_URL", "Zhangsan", 2, "postgresql://"),
        ("KANGSHU_DATABASE_URL", "mysql://user:Zhangsan@host/none", 2, "postgresql://"),
    ],
)
def test_wrong_settings_are_told_without_secrets(
    tmp_path: Path, name: str, value: str, code: int, told: str
) -> None:
    _refused(call(tmp_path / "none", "migrate", **{name: value}), code, told)


def _refused(done: subprocess.CompletedProcess[str], code: int, told: str) -> None:
    assert done.returncode == code, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert MARK not in done.stderr


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Path, str]]:
    """The folder and the URL of a PostgreSQL server on which nothing is."""
    with open_home() as home:
        yield home / "postgres", embedded.start(home / "postgres")


def test_a_server_that_lets_us_in_to_nothing_is_told(server: tuple[Path, str], tmp_path: Path) -> None:
    folder, url = server
    with psycopg.connect(url, autocommit=True) as keeper:
        keeper.execute("CREATE ROLE humble LOGIN")
        keeper.execute("CREATE ROLE secured LOGIN PASSWORD 'other'")
    for address, told in (
        (SERVER.format("nowhere", folder), "no such database"),
        (SERVER.format("kangshu", folder).replace("postgres:", "nobody:"), "no such user"),
        (SERVER.format("kangshu", folder).replace("postgres:", "humble:"), "may not make"),
    ):
        _refused(call(tmp_path / "none", "migrate", KANGSHU_DATABASE_URL=address), 2, told)
    rules = folder / "pg_hba.conf"
    trusting = rules.read_text()
    rules.write_text(f"local all secured scram-sha-256\n{trusting}")
    with psycopg.connect(url, autocommit=True) as keeper:
        keeper.execute("SELECT pg_reload_conf()")
    address = SERVER.format("kangshu", folder).replace("postgres:", "secured:")
    _refused(call(tmp_path / "none", "migrate", KANGSHU_DATABASE_URL=address), 2, "user and password")


def test_a_database_of_a_newer_version_is_left_alone(server: tuple[Path, str], tmp_path: Path) -> None:
    folder, url = server
    with psycopg.connect(url, autocommit=True) as keeper:
        keeper.execute("CREATE DATABASE newer")
    newer = SERVER.format("newer", folder)
    with psycopg.connect(newer) as keeper:
        keeper.execute("CREATE TABLE alembic_version (version_num text)")
        keeper.execute("INSERT INTO alembic_version VALUES ('9999_later')")
    done = call(tmp_path / "none", "migrate", KANGSHU_DATABASE_URL=newer)
    _refused(done, 2, "newer version of Kangshu")


@pytest.mark.parametrize("verb", ["show", "replay"])
def test_a_quarantine_entry_that_is_not_there(installed: Path, verb: str) -> None:
    assert call(installed, "quarantine", verb, "99999999").returncode == 2


def test_a_check_of_quality_tells_what_it_judged(installed: Path, patients: Path) -> None:
    call(installed, "load", patients, "--source", "H44099900001")
    first = json.loads(last_line(call(installed, "quality", "check", "--json")))
    assert first["facts"] >= 3
    assert first["findings"] >= 3
    assert json.loads(last_line(call(installed, "quality", "check", "--json")))["facts"] == 0
    again = json.loads(last_line(call(installed, "quality", "check", "--since", "2020-01-01", "--json")))
    assert again["facts"] == first["facts"]
    assert call(installed, "quality", "check", "--since", "yesterday").returncode == 2


def test_a_view_is_run_checked_and_shown(installed: Path, patients: Path, tmp_path: Path) -> None:
    call(installed, "load", patients, "--source", "H44099900001")
    view = {
        "resourceType": "ViewDefinition",
        "name": "p",
        "status": "active",
        "resource": "Patient",
        "select": [{"column": [{"name": "id", "path": "getResourceKey()"}]}],
    }
    path = tmp_path / "p.view.json"
    path.write_text(json.dumps(view))
    token = call(installed, "token", "--client", "analyst").stdout.strip()
    done = call(installed, "view", "run", path, "--token", token, "--format", "csv")
    assert done.returncode == 0, done.stderr
    head, *rows = done.stdout.splitlines()
    assert head == "id"
    assert rows
    assert call(installed, "view", "check", path).stdout.startswith("id\tVARCHAR")
    assert "SELECT" in call(installed, "view", "sql", path).stdout
    out = tmp_path / "rows.parquet"
    call(installed, "view", "run", path, "--token", token, "--format", "parquet", "--out", out)
    assert out.stat().st_size > 100
    for arguments in (
        ("run", path),
        ("run", path, "--token", "x"),
        ("run", path, "--token", token, "--format", "doc"),
        ("run", tmp_path / "none.json", "--token", token),
        ("check", patients),
    ):
        wrong = call(installed, "view", *arguments)
        assert wrong.returncode in (1, 2), arguments
        assert "Traceback" not in wrong.stderr
