"""Messages that come one after the other, from senders who wait for an answer to each.

They are journalled in groups, one transaction for whatever has come meanwhile, and answered when that
is durable. Then they are worked through, by other processes, in groups too: those of one institution
in the order they came, several institutions at once. What is under way when a process dies is in the
journal and is taken up first when it starts again.
"""

from __future__ import annotations

import gc
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass, field

import structlog

from kangshu.app.intake import STREAM
from kangshu.app.media import HL7V2
from kangshu.app.platform import Platform
from kangshu.app.stream_batch import Waiting, work_through
from kangshu.app.worker import platform_here, workers
from kangshu.kernel.base.errors import KangshuError
from kangshu.kernel.facts import journal
from kangshu.kernel.facts.exclusive import alone
from kangshu.kernel.facts.journal import Message

GROUP = 512
"""Messages of one transaction of the journal."""
GROUP_BYTES = 8 << 20
BATCH = 128
"""Messages of one institution worked through in one transaction."""
IN_MEMORY = 64 << 20
"""Bytes of messages that wait in memory; beyond, they are read from the journal again."""
PATIENCE = 2.0
"""Seconds until what failed for want of the database is tried again."""

Answer = Callable[[Message | KangshuError], None]
"""Told when a message is durable, or why it is not."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Offer:
    source: str
    raw: bytes
    answer: Answer


@dataclass(slots=True)
class _Lane:
    """What waits of one institution. `busy`: a batch of it is being worked through."""

    waiting: deque[Waiting] = field(default_factory=deque[Waiting])
    busy: bool = False


class Stream:
    """Start it, offer messages, close it. Thread-safe.

    `deliver` runs a function where the answers belong (the event loop); `workers` 0 works in a thread.
    """

    def __init__(
        self, platform: Platform, deliver: Callable[[Callable[[], None]], object], *, workers: int = 0
    ) -> None:
        self._platform = platform
        self._deliver = deliver
        self._workers = workers
        self._offers: deque[_Offer] = deque()
        self._lanes: dict[str, _Lane] = {}
        self._changed = threading.Condition()
        self._held = 0
        self._backlog = 0
        self._closing = False
        self._pool: Executor | None = None
        self._running = ExitStack()
        self._threads = [
            threading.Thread(target=self._journal, name="journal", daemon=True),
            threading.Thread(target=self._dispatch, name="dispatch", daemon=True),
        ]

    def start(self) -> int:
        """Take up what was left unfinished, unless another stream does, and begin; how many messages."""
        is_alone = self._running.enter_context(alone(self._platform.database, STREAM))
        with self._platform.database.connection() as session:
            waiting = journal.unfinished(session) if is_alone else []
        left = [message for message in waiting if message.media == HL7V2]
        for message in left:
            self._lane(message.source).waiting.append((message.id, None))
        self._backlog = len(left)
        self._pool = self._new_pool()
        for thread in self._threads:
            thread.start()
        return len(left)

    def close(self) -> None:
        """Journal what was offered, finish what is being worked through; the rest stays in the journal."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._running.close()

    def offer(self, source: str, raw: bytes, answer: Answer) -> None:
        """Keep a message; `answer` is called once it is durable, in the order of the offers."""
        with self._changed:
            self._offers.append(_Offer(source, raw, answer))
            self._changed.notify_all()

    @property
    def backlog(self) -> int:
        """Messages that are journalled and not worked through yet."""
        return self._backlog

    def drain(self, timeout: float) -> bool:
        """Wait until everything is worked through; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._backlog and not self._offers, timeout)

    # -- journal

    def _journal(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._offers or self._closing)
                if not self._offers:
                    return
                group = self._next_group()
            self._keep(group)

    def _next_group(self) -> list[_Offer]:
        group: list[_Offer] = []
        size = 0
        while self._offers and len(group) < GROUP and (not group or size < GROUP_BYTES):
            offer = self._offers.popleft()
            group.append(offer)
            size += len(offer.raw)
        return group

    def _keep(self, group: Sequence[_Offer]) -> None:
        now = self._platform.clock()
        incoming = [(offer.source, HL7V2, offer.raw) for offer in group]
        try:
            kept = self._platform.database.transact(lambda session: journal.keep_all(session, incoming, now))
        except KangshuError as error:
            _log.error("messages not journalled", count=len(group), code=error.code)
            failed = [error] * len(group)
            self._deliver(lambda: _tell(group, failed))
            return
        with self._changed:
            for offer, (message, new) in zip(group, kept, strict=True):
                if new:
                    self._enqueue(message, offer.raw)
            self._changed.notify_all()
        self._deliver(lambda: _tell(group, [message for message, _ in kept]))

    def _enqueue(self, message: Message, raw: bytes) -> None:
        keep = self._held + len(raw) <= IN_MEMORY
        if keep:
            self._held += len(raw)
        self._lane(message.source).waiting.append((message.id, raw if keep else None))
        self._backlog += 1

    def _lane(self, source: str) -> _Lane:
        return self._lanes.setdefault(source, _Lane())

    # -- work

    def _dispatch(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._ready() is not None)
                if self._closing:
                    self._changed.wait_for(lambda: not any(lane.busy for lane in self._lanes.values()))
                    return
                source = self._ready()
                assert source is not None
                lane = self._lanes.pop(source)
                # Behind the others: every institution has its turn.
                self._lanes[source] = lane
                lane.busy = True
                batch = [lane.waiting.popleft() for _ in range(min(BATCH, len(lane.waiting)))]
            self._hand_out(source, batch)

    def _ready(self) -> str | None:
        """An institution with messages to work through, if a worker is free."""
        if sum(lane.busy for lane in self._lanes.values()) >= max(self._workers, 1):
            return None
        return next((s for s, lane in self._lanes.items() if lane.waiting and not lane.busy), None)

    def _hand_out(self, source: str, batch: list[Waiting]) -> None:
        assert self._pool is not None
        try:
            if self._workers:
                future = self._pool.submit(_work_here, source, batch)
            else:
                future = self._pool.submit(work_through, self._platform, source, batch)
        except BrokenProcessPool:
            self._pool = self._new_pool()
            self._give_back(source, batch)
            return
        future.add_done_callback(lambda done: self._finished(source, batch, done))

    def _finished(self, source: str, batch: list[Waiting], done: Future[None]) -> None:
        error = None if done.cancelled() else done.exception()
        if error is None:
            with self._changed:
                self._lanes[source].busy = False
                self._backlog -= len(batch)
                self._held -= sum(len(raw) for _, raw in batch if raw is not None)
                self._changed.notify_all()
            return
        _log.error("messages not worked through", count=len(batch), error=type(error).__name__)
        if isinstance(error, BrokenProcessPool):
            with self._changed:
                if not self._closing:
                    self._pool = self._new_pool()
        with self._changed:
            self._held -= sum(len(raw) for _, raw in batch if raw is not None)
        again: list[Waiting] = [(number, None) for number, _ in batch]
        timer = threading.Timer(PATIENCE, self._give_back, (source, again))
        timer.daemon = True
        timer.start()

    def _give_back(self, source: str, batch: list[Waiting]) -> None:
        with self._changed:
            lane = self._lanes[source]
            lane.waiting.extendleft(reversed(batch))
            lane.busy = False
            self._changed.notify_all()

    def _new_pool(self) -> Executor:
        if not self._workers:
            return ThreadPoolExecutor(1, thread_name_prefix="work")
        return workers(self._workers, self._platform.settings, self._platform.database.url)


def _tell(group: Sequence[_Offer], results: Sequence[Message | KangshuError]) -> None:
    for offer, result in zip(group, results, strict=True):
        offer.answer(result)


def _work_here(source: str, batch: list[Waiting]) -> None:
    """In a worker process."""
    work_through(platform_here(), source, batch)
    gc.collect(0)
