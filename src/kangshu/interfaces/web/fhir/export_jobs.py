"""Bulk exports: run in the background, survive a restart.

Every job has a folder `KANGSHU_HOME/export/<job>`. One thread per process works; a lock on the
folder keeps two processes off the same job. Types that were finished before a kill are not done
again.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from queue import Queue
from threading import Lock, Thread
from urllib.parse import parse_qsl

import msgspec
import orjson

from kangshu.app.platform import Platform
from kangshu.interfaces.web.fhir.elements import Elements
from kangshu.interfaces.web.fhir.export_lines import CANCELLED, Cancelled, write_lines
from kangshu.interfaces.web.fhir.export_state import KEPT, STATE, ExportState, Output, read_state, write_state
from kangshu.interfaces.web.fhir.failure_log import log_failure
from kangshu.interfaces.web.fhir.representation import resource
from kangshu.interfaces.web.fhir.subset import choose_elements
from kangshu.interfaces.web.fhir.view_export_rows import export_view
from kangshu.kernel.base.errors import KangshuError, NotFound, Refused
from kangshu.kernel.facts.definition import Fact
from kangshu.kernel.facts.reader import Reader
from kangshu.kernel.facts.search.context import SearchContext
from kangshu.kernel.facts.search.request import parse_query
from kangshu.kernel.policies.definition import Resource

_LOCK = "lock"
_PAGE = 1000


@dataclass(slots=True)
class ExportJobs:
    """The exports of one installation, as one process sees them."""

    platform: Platform
    elements: Elements
    folder: Path
    started: datetime
    _queue: Queue[str] = field(default_factory=Queue[str])
    _queued: set[str] = field(default_factory=set[str])
    _guard: Lock = field(default_factory=Lock)
    _thread: Thread | None = None

    def submit(self, state: ExportState) -> None:
        """Take on a new job; its state is durable when this returns."""
        self._clear_old()
        folder = self.folder / state.id
        folder.mkdir(parents=True)
        write_state(folder, state)
        self._enqueue(state.id)

    def resume(self) -> None:
        """Take up the jobs that were not finished when a process ended, and throw away old ones."""
        self._clear_old()
        if not self.folder.is_dir():
            return
        for folder in sorted(self.folder.iterdir()):
            state = read_state(folder)
            if state is not None and state.status in ("accepted", "running"):
                self._enqueue(state.id)

    def state(self, id: str, principal: str) -> ExportState:
        """The state of a job of this principal. Raises NotFound. Takes up a job nobody works on."""
        folder = self._folder_of(id)
        # The mark first: once it is gone with the rest of a job, so is the state.
        is_cancelled = (folder / CANCELLED).exists()
        state = read_state(folder)
        if state is None or state.principal.id != principal or is_cancelled or self._is_old(state):
            raise NotFound("There is no such export.", remedy="Start a new one.")
        if state.status in ("accepted", "running"):
            self._enqueue(id)
        return state

    def file(self, id: str, principal: str, name: str) -> Path:
        """A finished file. Raises NotFound."""
        state = self.state(id, principal)
        if name not in {each.file for each in (*state.output, *state.deleted)}:
            raise NotFound("There is no such file in this export.", remedy="See its manifest.")
        return self.folder / id / name

    def cancel(self, id: str, principal: str) -> None:
        """Stop a job, or throw away a finished one. Raises NotFound."""
        self.state(id, principal)
        folder = self._folder_of(id)
        (folder / CANCELLED).touch()
        with _locked(folder) as mine:
            if mine:
                _throw_away(folder)

    # -- the background

    def _enqueue(self, id: str) -> None:
        with self._guard:
            if id in self._queued:
                return
            self._queued.add(id)
            if self._thread is None:
                self._thread = Thread(target=self._work, name="export", daemon=True)
                self._thread.start()
        self._queue.put(id)

    def _work(self) -> None:
        while True:
            id = self._queue.get()
            try:
                self._run(id)
            except Exception as error:  # noqa: BLE001 - the thread goes on to the next job; this one can be resumed
                log_failure("export_stopped", error, job=id)
            with self._guard:
                self._queued.discard(id)

    def _run(self, id: str) -> None:
        folder = self._folder_of(id)
        if not folder.is_dir():
            return
        with _locked(folder) as mine:
            state = read_state(folder) if mine else None
            if state is None or state.status in ("done", "failed"):
                return
            try:
                self._export(folder, msgspec.structs.replace(state, status="running"))
            except Cancelled:
                _throw_away(folder)
            except KangshuError as error:
                reached = read_state(folder) or state
                write_state(folder, msgspec.structs.replace(reached, status="failed", error=error.code))

    def _export(self, folder: Path, state: ExportState) -> None:
        write_state(folder, state)
        for type in state.types:
            if type in state.finished:
                continue
            output, deleted = self._export_one(folder, state, type)
            state = msgspec.structs.replace(
                state,
                output=state.output + ((output,) if output.file else ()),
                deleted=state.deleted + ((deleted,) if deleted.count else ()),
                finished=(*state.finished, type),
            )
            write_state(folder, state)
        write_state(folder, msgspec.structs.replace(state, status="done", ended=self.platform.clock()))

    def _export_one(self, folder: Path, state: ExportState, name: str) -> tuple[Output, Output]:
        if state.level == "views":
            return export_view(self.platform, folder, state, name), Output("Bundle", "", 0)
        return self._export_type(folder, state, name)

    def _export_type(self, folder: Path, state: ExportState, type: str) -> tuple[Output, Output]:
        try:
            grant = self.platform.policies.decide(
                state.principal, "export", Resource("fact", type), state.purpose
            )
        except Refused:
            return Output(type, "", 0), Output("Bundle", "", 0)
        reader = self.platform.reader(grant)
        lines = (self._line(state, fact) for fact in self._facts(reader, state, type))
        count = write_lines(folder / f"{type}.ndjson", folder, lines)
        output = Output(type, f"{type}.ndjson" if count else "", count)
        if state.since is None:
            return output, Output("Bundle", "", 0)
        gone = (_deletion(fact) for fact in _deletions(reader, state, type))
        name = f"{type}.deleted.ndjson"
        return output, Output("Bundle", name, write_lines(folder / name, folder, gone))

    def _facts(self, reader: Reader, state: ExportState, type: str) -> Iterator[Fact]:
        """The facts of one type that belong to the export."""
        filters = state.filters.get(type)
        found = (
            self._filtered(reader, state, type, filters) if filters else self._streamed(reader, state, type)
        )
        for fact in found:
            if fact.recorded_at > state.transaction_time:
                continue
            if state.level == "patient" and fact.person is None:
                continue
            yield fact

    def _streamed(self, reader: Reader, state: ExportState, type: str) -> Iterator[Fact]:
        if state.subjects is None:
            yield from reader.export(type, state.since, None)
            return
        for start in range(0, len(state.subjects), _PAGE):
            yield from reader.export(type, state.since, state.subjects[start : start + _PAGE])

    def _filtered(
        self, reader: Reader, state: ExportState, type: str, filters: Iterable[str]
    ) -> Iterator[Fact]:
        seen: set[str] = set()
        wanted = None if state.subjects is None else set(state.subjects)
        for text in filters:
            for fact in self._searched(reader, type, text):
                if fact.id in seen or (state.since is not None and fact.recorded_at < state.since):
                    continue
                if wanted is not None and not self._is_about(fact, wanted):
                    continue
                seen.add(fact.id)
                yield fact

    def _searched(self, reader: Reader, type: str, text: str) -> Iterator[Fact]:
        cursor: str | None = None
        while True:
            query = parse_query(
                self.platform.catalogue,
                type,
                parse_qsl(text, keep_blank_values=False),
                count=_PAGE,
                cursor=cursor,
                total="none",
                context=SearchContext(now=self.platform.clock().timestamp()),
            )
            page = reader.search(query)
            yield from page.facts
            cursor = page.next
            if cursor is None:
                return

    def _is_about(self, fact: Fact, subjects: set[str]) -> bool:
        terms = self.platform.extractor.extract(fact.type, orjson.loads(fact.body))
        return not subjects.isdisjoint(terms.subjects)

    def _line(self, state: ExportState, fact: Fact) -> bytes:
        body = resource(fact)
        return choose_elements(self.elements, fact.type, body, state.elements) if state.elements else body

    def _folder_of(self, id: str) -> Path:
        if not id.replace("-", "").isalnum():
            raise NotFound("There is no such export.")
        return self.folder / id

    def _is_old(self, state: ExportState) -> bool:
        return state.transaction_time + KEPT < self.platform.clock()

    def _clear_old(self) -> None:
        """Throw away what was finished long ago."""
        if not self.folder.is_dir():
            return
        for folder in self.folder.iterdir():
            state = read_state(folder)
            if state is not None and self._is_old(state):
                shutil.rmtree(folder, ignore_errors=True)


def _deletions(reader: Reader, state: ExportState, type: str) -> Iterator[Fact]:
    """What was deleted since then and is still so."""
    cursor: str | None = None
    while True:
        page = reader.history(type=type, since=state.since, count=_PAGE, cursor=cursor)
        for fact in page.facts:
            if fact.deleted and fact.superseded_at is None and fact.recorded_at <= state.transaction_time:
                yield fact
        cursor = page.next
        if cursor is None:
            return


def _deletion(fact: Fact) -> bytes:
    request = {"method": "DELETE", "url": f"{fact.type}/{fact.id}"}
    return orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [{"request": request}]})


def _throw_away(folder: Path) -> None:
    """The state goes before the mark that the job is cancelled, so nobody takes it for one that runs."""
    (folder / STATE).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Generator[bool]:
    """Whether the job is ours to work on. The system gives the lock back when a process dies."""
    try:
        stream = (folder / _LOCK).open("wb")
    except FileNotFoundError:
        yield False
        return
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
