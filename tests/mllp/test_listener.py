"""The listener: it answers when the message is in the journal, in order, and nobody keeps it from others."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack, suppress
from typing import Any

import pytest

from kangshu.app.intake import STREAM
from kangshu.app.media import HL7V2
from kangshu.app.platform import Platform
from kangshu.app.wiring import build
from kangshu.interfaces.mllp.limits import Limits
from kangshu.kernel.facts.exclusive import alone
from kangshu.kernel.policies.access_log import parse_entry
from tests.support.emptied import kept_platform, platform
from tests.support.hl7 import message
from tests.support.mllp import Listening, Sender, listening, verdict

__all__ = ["kept_platform", "platform"]

pytestmark = pytest.mark.timeout(120)


def _patient(number: int, name: str = "王^小明", control: str = "") -> bytes:
    return message(f"PID|1||{number}^^^HIS^MR||{name}", control=control or str(number))


def _facts(platform: Platform, type_: str) -> list[tuple[Any, ...]]:
    with platform.database.connection() as session:
        return session.execute(
            "SELECT id, version, body FROM fact WHERE type = %s ORDER BY id, version", (type_,)
        ).fetchall()


def _messages(platform: Platform) -> int:
    with platform.database.connection() as session:
        return (session.execute("SELECT count(*) FROM message").fetchone() or (0,))[0]


def test_a_message_is_answered_when_it_is_in_the_journal_and_then_stored(platform: Platform) -> None:
    with listening(platform) as up, Sender(up.port) as sender:
        assert sender.ask(_patient(1)) == "AA 1"
        assert _messages(platform) == 1
        up.drain()
        assert len(_facts(platform, "Patient")) == 1


def test_the_same_message_again_is_answered_and_stored_once(platform: Platform) -> None:
    with listening(platform) as up, Sender(up.port) as one, Sender(up.port) as two:
        assert [one.ask(_patient(1)), two.ask(_patient(1)), one.ask(_patient(1))] == ["AA 1"] * 3
        one.send(_patient(2), _patient(2), _patient(2))
        assert [verdict(one.answer()) for _ in range(3)] == ["AA 2"] * 3
        up.drain()
        assert _messages(platform) == 2
        assert [version for _, version, _ in _facts(platform, "Patient")] == [1, 1]


def test_answers_and_versions_come_in_the_order_of_the_messages(platform: Platform) -> None:
    names = [f"王^{number}" for number in range(300)]
    with listening(platform, limits=Limits(ahead=16)) as up, Sender(up.port) as sender:
        sender.send(*(_patient(1, name, str(n)) for n, name in enumerate(names)))
        assert [verdict(sender.answer()) for _ in names] == [f"AA {n}" for n in range(300)]
        up.drain()
    found = _facts(platform, "Patient")
    assert [version for _, version, _ in found] == list(range(1, 301))
    assert all(f'"王{number}"' in body for number, (_, _, body) in enumerate(found))


def test_what_is_wrong_is_named_in_the_senders_version_and_kept_for_replay(platform: Platform) -> None:
    with listening(platform) as up, Sender(up.port) as sender:
        sender.send(message("PID|1", control="5"), message("PID|1", version="2.3", control="6"))
        new, old = sender.answer().split(b"\r"), sender.answer().split(b"\r")
        assert new[1] == b"MSA|AE|5"
        assert new[2].startswith(b"ERR||PID^1^3|101^Required field missing^HL70357|E")
        assert old[1].startswith(b"MSA|AE|6|")
        assert old[2].startswith(b"ERR|PID^1^3^101&Required field missing&HL70357")
        assert sender.ask(message("PID|1||7^^^A^MR||B", kind="QRY^A19", control="8")) == "AR 8"
        up.drain()
        with platform.database.connection() as session:
            rows = session.execute(
                "SELECT message, problems->0->>'path' FROM quarantine ORDER BY id"
            ).fetchall()
        assert [path for _, path in rows] == ["PID-3", "PID-5", "PID-3", "PID-5", "MSH-9"]
        assert platform.operating_figures().unfinished == 0


def test_an_unknown_sender_is_refused_and_nothing_is_kept(platform: Platform) -> None:
    with listening(platform, source=None) as up, Sender(up.port) as sender:
        assert sender.ask(_patient(1).replace(b"|XRY|", b"|NOBODY|")) == "AR 1"
        assert _messages(platform) == 0
        assert sender.ask(_patient(1)) == "AA 1"
        up.drain()
    with platform.database.connection() as session:
        assert session.execute("SELECT source FROM message").fetchall() == [("H44099900001",)]


@pytest.mark.parametrize(
    ("accept", "application", "codes"),
    [("AL", "NE", "CA"), ("NE", "AL", "AA"), ("AL", "AL", "CA AA"), ("ER", "AL", "AA"), ("SU", "", "CA")],
)
def test_enhanced_mode(platform: Platform, accept: str, application: str, codes: str) -> None:
    with listening(platform) as up, Sender(up.port) as sender:
        head = f"|||{accept}|{application}"
        sender.send(message("PID|1||1^^^A^MR||B", control="1", head=head))
        assert " ".join(verdict(sender.answer()).split()[0] for _ in codes.split()) == codes


def test_a_sender_that_wants_no_answer_gets_none(platform: Platform) -> None:
    with listening(platform) as up, Sender(up.port) as sender:
        sender.send(message("PID|1||1^^^A^MR||B", control="1", head="|||NE|NE"))
        assert sender.ask(_patient(2)) == "AA 2"
        sender.send(message("MSA|AA|9", kind="ACK", control="3"))
        assert sender.ask(_patient(4)) == "AA 4"


def test_the_answer_is_in_the_senders_characters_and_delimiters(platform: Platform) -> None:
    raw = "MSH*:+?!*市医院*B*C*D*2026**ADT:A01*9*P*2.5******GB18030\rPID*1**7:::A:MR**王".encode("gb18030")
    with listening(platform) as up, Sender(up.port) as sender:
        sender.send(raw)
        answer = sender.answer().decode("gb18030")
        assert answer.startswith("MSH*:+?!*C*D*市医院*B*")
        assert "MSA*AA*9" in answer


def test_a_batch_in_one_frame_has_an_answer_for_each_message(platform: Platform) -> None:
    batch = b"BHS|^~\\&|A\r" + _patient(1) + _patient(2) + b"BTS|2\r"
    with listening(platform) as up, Sender(up.port) as sender:
        sender.send(batch)
        assert [verdict(sender.answer()) for _ in range(2)] == ["AA 1", "AA 2"]
        up.drain()
        assert len(_facts(platform, "Patient")) == 2


def test_a_sender_that_says_it_is_done_still_gets_its_answers(platform: Platform) -> None:
    with listening(platform) as up, Sender(up.port) as sender:
        sender.send(_patient(1), _patient(2))
        sender.end()
        assert [verdict(sender.answer()) for _ in range(2)] == ["AA 1", "AA 2"]
        assert sender.answer() == b""


def test_a_frame_may_come_in_single_bytes_and_after_rubbish(platform: Platform) -> None:
    with listening(platform) as up, Sender(up.port) as sender:
        for byte in b"\r\nrubbish\x0b" + b"MSH|cut off" + b"\x0b" + _patient(1) + b"\x1c\r":
            sender.write(bytes([byte]))
        assert verdict(sender.answer()) == "AA 1"


def _others_are_served(up: Listening, number: int) -> None:
    with Sender(up.port) as sender:
        assert sender.ask(_patient(number)) == f"AA {number}"


def test_nobody_keeps_the_listener_from_serving_others(platform: Platform) -> None:
    limits = Limits(message=1 << 20, stalled=1.0, whole=3.0, first=1.0, idle=2.0)
    with listening(platform, limits=limits) as up, ExitStack() as stack:
        silent, endless, rubbish, slow = (stack.enter_context(Sender(up.port)) for _ in range(4))
        slow.write(b"\x0bMSH|^~\\&|")
        with suppress(ConnectionError):
            endless.write(b"\x0b" + b"A" * (3 << 20))
        with suppress(ConnectionError):
            rubbish.write(b"GET / HTTP/1.1\r\n" * 20000)
        _others_are_served(up, 1)
        assert endless.answer() == rubbish.answer() == b""
        assert silent.answer() == slow.answer() == b""
        _others_are_served(up, 2)


def test_hostile_messages_are_answered_with_their_place_and_others_are_served(platform: Platform) -> None:
    head = rb"MSH|^~\&|HIS|XRY|KS|CITY|20260102103000||ORU^R01|{}|P|2.5.1"
    start = head + b"\rPID|1||7^^^HIS^MR||A^B\rOBR|1|P|F|C^C^L\r"
    cases = [
        (start + b"OBX|1|NM|1^x||" + b"5~" * 100_000, b"AE", b"OBX^1^5"),
        (start + b"OBX|1|NM|1^x||5\r" * 100_000, b"AE", b"OBX^1"),
        (start + b"NTE|1\r" * 1_000_000, b"AE", b"NTE^1"),
        (start + b"OBX|1|TX|1^x||" + b"A" * 10_000_000, b"AA", b""),
        (head + b"\rPID|1||^^^HIS^MR||A^B\rOBR|1|P|F|C^C^L\r", b"AE", b"PID^1^3"),
        (head + b"\rPID|1||7||\xff\xfe\x81", b"AR", b"MSH^1^18"),
        (head, b"AE", b"PID^1"),
        (b"MSH|||||", b"AR", b"MSH^1^2"),
        (b"MSH|^\rPID|1||7", b"AR", b"MSH^1^2"),
        (b"PID|1||7", b"AR", b"MSH^1"),
        (b"\x00\x01", b"AR", b"MSH^1"),
        (b"MSH|^~\\&|\r" * 20_000, b"AR", b"MSH^1"),
    ]
    with listening(platform) as up, Sender(up.port, timeout=60) as sender, Sender(up.port) as other:
        for number, (raw, code, place) in enumerate(cases):
            sender.send(raw.replace(b"{}", str(number).encode()))
            lines = sender.answer().split(b"\r")
            assert lines[1].split(b"|")[1] == code, number
            assert not place or any(each.startswith(b"ERR|") and place in each for each in lines), number
            assert other.ask(_patient(number)) == f"AA {number}"
        up.drain()
        # The long text is of patient 7, who comes again; of the refused messages nothing is stored.
        assert len({id_ for id_, _, _ in _facts(platform, "Patient")}) == len(cases)
        assert len({id_ for id_, _, _ in _facts(platform, "Observation")}) == 1
        assert platform.operating_figures().unfinished == 0


def test_connections_opened_and_left_do_not_shut_others_out(platform: Platform) -> None:
    with listening(platform, limits=Limits(connections=100)) as up, ExitStack() as stack:
        known = stack.enter_context(Sender(up.port))
        assert known.ask(_patient(1)) == "AA 1"
        for _ in range(1000):
            stack.enter_context(Sender(up.port))
        _others_are_served(up, 2)
        assert known.ask(_patient(3)) == "AA 3"


def test_unfinished_messages_of_many_connections_take_bounded_memory(platform: Platform) -> None:
    limits = Limits(message=4 << 20, unfinished=8 << 20)
    with listening(platform, limits=limits) as up, ExitStack() as stack:
        senders = [stack.enter_context(Sender(up.port)) for _ in range(8)]
        for sender in senders:
            with suppress(ConnectionError):
                sender.write(b"\x0b" + b"A" * (3 << 20))
        deadline = time.monotonic() + 10
        while up.listener._held > limits.unfinished and time.monotonic() < deadline:
            time.sleep(0.05)
        assert up.listener._held <= limits.unfinished
        _others_are_served(up, 1)


def test_what_was_left_is_taken_up_first_and_in_order(platform: Platform) -> None:
    with platform.database.connection() as session:
        from kangshu.kernel.facts import journal

        incoming = [("H44099900001", "hl7v2", _patient(1, f"王^{n}", str(n))) for n in range(20)]
        journal.keep_all(session, incoming, platform.clock())
    with listening(platform) as up, Sender(up.port) as sender:
        assert sender.ask(_patient(1, "王^20", "20")) == "AA 20"
        up.drain()
    found = _facts(platform, "Patient")
    assert [f'"王{n}"' in body for n, (_, _, body) in enumerate(found)] == [True] * 21


def test_results_add_to_a_patient_and_corrections_replace_results(platform: Platform) -> None:
    full = "PID|1||7^^^HIS^MR||王^小明||19800101|M"
    results = [
        message(
            "PID|1||7^^^HIS^MR||王",
            "OBR|1|P1|F1|CBC^血常规^L",
            f"OBX|1|NM|718-7^Hb^LN||{value}|g/L|||||F",
            kind="ORU^R01",
            control=f"R{value}",
        )
        for value in (150, 105)
    ]
    with listening(platform) as up, Sender(up.port) as sender:
        for raw in (message(full), *results, results[0].replace(b"R150", b"R151")):
            assert sender.ask(raw).startswith("AA")
        up.drain()
    ((_, version, body),) = _facts(platform, "Patient")
    assert version == 1
    assert '"1980-01-01"' in body
    versions = Counter(id_ for id_, _, _ in _facts(platform, "Observation"))
    assert list(versions.values()) == [3]


def test_every_batch_is_a_use_in_the_access_log_that_names_the_institution(platform: Platform) -> None:
    before = platform.access_log.head().number
    with listening(platform) as up, Sender(up.port) as sender:
        sender.send(*(_patient(number) for number in range(5)))
        assert [verdict(sender.answer()) for _ in range(5)] == [f"AA {number}" for number in range(5)]
        up.drain()
    with platform.database.connection() as session:
        rows = session.execute("SELECT entry FROM access_log WHERE number > %s", (before,)).fetchall()
    entries = [parse_entry(text) for (text,) in rows]
    uses = [each for each in entries if each.principal == "hl7v2-listener"]
    assert sum(each.count for each in uses) == 5
    assert {(each.org, each.action) for each in uses} == {("H44099900001", "load")}


def test_what_a_listener_left_is_taken_up_by_a_server_unless_a_listener_runs(platform: Platform) -> None:
    raw = _patient(1)
    platform.intake.journal([("H44099900001", [raw], HL7V2)])
    with alone(platform.database, STREAM) as is_alone:
        assert is_alone
        with build(platform.settings, url=platform.database.url).closing() as server:
            assert server.intake.resume() == 0
    assert platform.intake.resume() == 1
    assert len(_facts(platform, "Patient")) == 1
    with listening(platform), listening(platform) as second:
        platform.intake.journal([("H44099900001", [_patient(2)], HL7V2)])
        assert second.listener.stream.backlog == 0
