"""`kangshu serve --mllp-port`: the web and the listener in one process."""

from __future__ import annotations

import subprocess
from urllib.request import urlopen

from kangshu.app.settings import read_settings
from kangshu.app.wiring import build
from tests.support.commands import COMMAND, end, environment, kangshu, open_home
from tests.support.hl7 import message
from tests.support.mllp import Sender


def test_a_server_listens_for_hl7_too_and_ends_in_order() -> None:
    with open_home() as home:
        home.mkdir(parents=True)
        with (home / "serve.log").open("ab") as log:
            process = subprocess.Popen(
                [*COMMAND, "serve", "--port", "0", "--mllp-port", "0"],
                env=environment(home),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert process.stdout is not None
        with process.stdout:
            listens, ready = process.stdout.readline(), process.stdout.readline()
        assert listens.startswith("Kangshu listens for HL7 v2 at 127.0.0.1:")
        assert ready.startswith("Kangshu is ready at http://127.0.0.1:")
        with Sender(int(listens.rsplit(":", 1)[1])) as sender:
            assert sender.ask(message("PID|1||1^^^HIS^MR||王^小明", control="1")) == "AA 1"
        with urlopen(f"{ready.split()[-1]}/health/ready") as answer:
            assert answer.status == 200
        assert end(process) == 0
        told = kangshu(home, "quarantine", "list")
        assert told.returncode == 0, told.stderr


def test_messages_in_files_are_worked_through_in_the_order_of_their_names() -> None:
    """The first files take so long that the next group would overtake them in another process."""
    with open_home() as home:
        folder = home.parent / "messages"
        folder.mkdir()
        results = [f"OBX|{number}|NM|{number}^T^L||{number}|g/L|||||F" for number in range(1, 400)]
        for each in range(150):
            more = results if each < 8 else []
            content = message(f"PID|1||1^^^HIS^MR||王^第{each}次", *more, kind="ADT^A08", control=str(each))
            (folder / f"{each:04}.hl7").write_bytes(content)
        done = kangshu(home, "load", folder, "--source", "H44099900001", "--processes", "2", "--json")
        assert done.returncode == 0, done.stderr
        platform = build(read_settings(environment(home)))
        with platform.closing(), platform.database.connection() as session:
            rows = session.execute("SELECT body FROM fact WHERE type = 'Patient' ORDER BY version")
            bodies = [body for (body,) in rows]
        assert [f"第{each}次" in body for each, body in enumerate(bodies)] == [True] * 150
