"""`kangshu simulate`: invented institutions that send, with as many faults as are asked for."""

from __future__ import annotations

import json
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.table import Table

from kangshu.app.settings import read_settings
from kangshu.app.simulation import Simulation, sent
from kangshu.domains.synthetic.sending import Sent
from kangshu.interfaces.cli.console import WITH_PROBLEMS, errors_told, out, progress_bar
from kangshu.interfaces.cli.http_sender import post
from kangshu.interfaces.mllp.sender import Sender
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.base.time import utc_now

_HOST_AND_PORT = re.compile(r"([\w.\-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})")

Deliver = Callable[[Sent], str]
"""Hands a message over; returns what the other side said."""


@dataclass
class _Tally:
    """What was sent: by format and answer, and which faults were in it."""

    answers: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    faults: Counter[str] = field(default_factory=Counter[str])
    resent: int = 0


def command(  # noqa: PLR0913, PLR0917 - each is an option
    to: Annotated[str, typer.Option(help="HOST:PORT of a listener (MLLP), URL of a server, or a folder.")],
    institution: Annotated[list[str] | None, typer.Option(help="Code of an institution, or all.")] = None,
    format: Annotated[str, typer.Option(help="hl7v2, cda, tables, fhir; own: as formats.tsv says.")] = "own",
    faults: Annotated[float, typer.Option(min=0, max=1, help="Share of messages with a fault.")] = 0.0,
    seed: Annotated[int, typer.Option(help="The same seed sends the same.")] = 1,
    residents: Annotated[int, typer.Option(min=20, max=20_000, help="How many residents to invent.")] = 300,
    days: Annotated[int, typer.Option(min=1, max=7300, help="What happened in so many days.")] = 30,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last of them; default: yesterday.")
    ] = None,
    rate: Annotated[float, typer.Option(min=0, help="Messages a second; 0: as fast as possible.")] = 0.0,
    token: Annotated[str, typer.Option(envvar="KANGSHU_TOKEN", help="Bearer token, for a URL.")] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the counts as JSON on the last line.")
    ] = False,
) -> None:
    """Send what invented institutions would send: HL7 v2, CDA, tables, FHIR, in local codes, with faults.

    By MLLP each message is sent until it is acknowledged. Stop it with Ctrl-C; started again with the
    same seed it sends the same. Everything and everybody in it is synthetic.

    Example: kangshu simulate --institution H44099900003 --faults 0.05 --to 127.0.0.1:2575
    """
    with errors_told():
        last: date = until.date() if until else utc_now().date() - timedelta(days=1)
        orgs = tuple(institution or ["all"])
        simulation = Simulation(read_settings().packs, orgs, format, faults, seed, residents, days, last)
        tally = _Tally()
        with _stopping() as stopped, _target(to, token, tally) as deliver, progress_bar("Sending") as bar:
            _send(sent(simulation), deliver, rate, tally, bar, stopped)
    _tell(tally, as_json=as_json)
    if stopped():
        raise typer.Exit(WITH_PROBLEMS)


def _send(
    messages: Iterator[Sent],
    deliver: Deliver,
    rate: float,
    tally: _Tally,
    progress: Callable[[int, int], None],
    stopped: Callable[[], bool],
) -> None:
    begun = time.monotonic()
    waiting = list(messages)
    for number, each in enumerate(waiting, 1):
        if stopped():
            return
        tally.answers[each.format, deliver(each)] += 1
        if each.fault:
            tally.faults[each.fault] += 1
        progress(number, len(waiting))
        if rate:
            time.sleep(max(0.0, begun + number / rate - time.monotonic()))


@contextmanager
def _stopping() -> Generator[Callable[[], bool]]:
    """After the first Ctrl-C the message under way is finished, and no other begun."""
    asked: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as it is called
        asked.append(number)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _target(to: str, token: str, tally: _Tally) -> Generator[Deliver]:
    if to.startswith(("http://", "https://")):
        if not token:
            raise Invalid("A server wants a token.", remedy="Give --token; see `kangshu token`.")
        yield lambda each: post(to, token, each)
    elif match := _HOST_AND_PORT.fullmatch(to):
        with Sender(match[1].strip("[]"), int(match[2])) as sender:
            yield lambda each: _by_mllp(sender, each, tally)
    else:
        folder = Path(to)
        folder.mkdir(parents=True, exist_ok=True)
        yield lambda each: _into(folder, each)


def _by_mllp(sender: Sender, each: Sent, tally: _Tally) -> str:
    if each.format != "hl7v2":
        raise Invalid(
            f"{each.org} sends {each.format}, and a listener takes HL7 v2.",
            remedy="Name the institutions that send HL7 v2, or give --format hl7v2.",
        )
    code, tries = sender.send(each.content)
    tally.resent += tries - 1
    return code


def _into(folder: Path, each: Sent) -> str:
    place = folder / each.format / each.org
    place.mkdir(parents=True, exist_ok=True)
    (place / each.file).write_bytes(each.content)
    return "written"


def _tell(tally: _Tally, *, as_json: bool) -> None:
    if as_json:
        by_format: dict[str, dict[str, int]] = {}
        for (form, answer), count in sorted(tally.answers.items()):
            by_format.setdefault(form, {})[answer] = count
        print(
            json.dumps(
                {
                    "sent": tally.answers.total(),
                    "resent": tally.resent,
                    "answers": by_format,
                    "faults": dict(sorted(tally.faults.items())),
                }
            )
        )
        return
    table = Table("format", "answer", "messages", title=f"{tally.answers.total()} messages")
    for (form, answer), count in sorted(tally.answers.items()):
        table.add_row(form, answer, str(count))
    for fault, count in sorted(tally.faults.items()):
        table.add_row("fault", fault, str(count))
    out.print(table)
