"""Bulk loading: files and folders into the platform, by several processes at once, or here when it is little.

A file is a message. HL7 v2 messages of an institution are worked through in the order they are given in,
for each tells what changed since the last; everything else in any order. Small files are worked through in
groups, one transaction for many, because a commit costs the same for one resource as for thousands. If
anything in a group goes wrong the group is taken apart and each file handled by itself. A process may be
killed at any moment: what it had not finished is in the journal or not yet taken, and loading the same
files again completes it.
"""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kangshu.app.media import HL7V2, media_of
from kangshu.app.platform import Platform
from kangshu.app.worker import platform_here, workers
from kangshu.domains.intake.tally import Tally
from kangshu.kernel.base.errors import Invalid, KangshuError, NotFound

_PLAIN = (".json", ".ndjson", ".jsonl", ".xml", ".cda", ".ccda")
SUFFIXES = (*_PLAIN, *(f"{suffix}.gz" for suffix in _PLAIN), ".hl7")
_ARCHIVES = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".zip", ".7z", ".rar")
GROUP_BYTES = 2 << 20
GROUP_FILES = 64
PACKED = 12
"""What a gzip file of FHIR unpacks to, roughly, for forming groups of equal work."""

Progress = Callable[[int, int], None]
"""Called with (files done, files in all)."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be taken at all."""

    name: str
    reason: str


@dataclass(slots=True)
class Loaded:
    """What became of a load: counts over all files, and the files that could not be read."""

    tally: Tally
    unreadable: list[Unreadable]
    files: int = 0


def files_below(paths: Sequence[Path]) -> list[Path]:
    """The files to load: those named, and all FHIR files below the folders named, in a stable order.

    Raises `NotFound` for a path that is not there, `Invalid` if there is nothing to load.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.is_file() and p.name.endswith(SUFFIXES))
        elif path.is_file() and is_archive(path):
            raise Invalid(f"{path} is an archive.", remedy="Unpack it, and load the folder.")
        elif path.is_file():
            found.append(path)
        elif path.exists():
            raise Invalid(f"{path} is neither a file nor a folder.", remedy="Save what it holds as a file.")
        else:
            raise NotFound(f"There is no file or folder {path}.", remedy="Check the path.")
    if not found:
        remedy = f"Files end in {', '.join(SUFFIXES)}."
        if any(is_archive(path) for path in left_out(paths)):
            remedy = "Unpack the archives that are there first."
        raise Invalid("There is nothing to load there.", remedy=remedy)
    return found


def left_out(paths: Sequence[Path]) -> list[Path]:
    """The files below folders that `files_below` leaves out, for what their names end in."""
    below = (path for folder in paths if folder.is_dir() for path in folder.rglob("*"))
    return sorted(path for path in below if path.is_file() and not path.name.endswith(SUFFIXES))


def is_archive(path: Path) -> bool:
    """Whether a file holds files, which it would have to be unpacked for."""
    return path.name.lower().endswith(_ARCHIVES)


@dataclass(frozen=True, slots=True)
class _Result:
    """What a worker made of a batch. `early`: messages that came before what they refer to."""

    tally: Tally
    unreadable: list[Unreadable]
    early: list[int]


Batch = tuple[str, list[Path]]
"""(institution, files of its)"""

Lane = Sequence[Batch]
"""Batches to be worked through one after the other; there is one at least."""


def load(
    platform: Platform,
    files: Mapping[str, Sequence[Path]],
    progress: Progress,
    *,
    processes: int | None = None,
) -> Loaded:
    """Load files, given by the institution they are from. Loading the same files again changes nothing.

    Raises `KangshuError` when a worker process was ended from outside, or the database is gone.
    """
    lanes = [lane for source, paths in files.items() for lane in _lanes(source, paths)]
    batches = [batch for lane in lanes for batch in lane]
    if len(batches) == 1 and sum(map(_weight, batches[0][1])) <= GROUP_BYTES:
        return _load_here(platform, batches[0], progress)
    number = sum(len(paths) for paths in files.values())
    loaded = Loaded(Tally(), [], number)
    done = 0
    processes = min(processes or os.cpu_count() or 1, len(batches))
    with _workers(processes, platform) as pool:
        early: list[int] = []
        for batch, result in _results(pool, lanes, ahead=processes * 2):
            loaded.tally.add(result.tally)
            loaded.unreadable += result.unreadable
            early += result.early
            done += len(batch[1]) - len(result.early)
            progress(done, number)
        if early:
            loaded.tally.add(_result(pool.submit(_take_up, sorted(early))).tally)
            progress(number, number)
    return loaded


def _load_here(platform: Platform, batch: Batch, progress: Progress) -> Loaded:
    """So little that a worker process would take longer to start than to do it."""
    result = _received(platform, *batch)
    result.tally.add(platform.intake.take_up(sorted(result.early)))
    number = len(batch[1])
    progress(number, number)
    return Loaded(result.tally, result.unreadable, number)


def _results(
    pool: ProcessPoolExecutor, lanes: Sequence[Lane], *, ahead: int
) -> Iterator[tuple[Batch, _Result]]:
    """Results as they come, with never more than `ahead` batches handed out, and one of each lane."""
    waiting: dict[Future[_Result], tuple[Batch, Lane]] = {}
    rest = deque(lanes)

    def hand_out() -> None:
        while rest and len(waiting) < ahead:
            lane = rest.popleft()
            waiting[pool.submit(_load_batch, *lane[0])] = lane[0], lane[1:]

    hand_out()
    while waiting:
        finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in finished:
            batch, following = waiting.pop(future)
            if following:
                rest.appendleft(following)
            hand_out()
            yield batch, _result(future)


@contextmanager
def _workers(number: int, platform: Platform) -> Generator[ProcessPoolExecutor]:
    """Worker processes; what an error leaves undone is not begun."""
    with workers(number, platform.settings, platform.database.url) as pool:
        try:
            yield pool
        finally:
            # Not waited for, its manager would be told to end twice as the program ends, and say so.
            pool.shutdown(wait=True, cancel_futures=True)


def _result(future: Future[_Result]) -> _Result:
    try:
        return future.result()
    except BrokenProcessPool:
        raise KangshuError(
            "A worker process was ended from outside, perhaps for want of memory.",
            remedy="Load the same files again; nothing is stored twice.",
            code="interrupted",
        ) from None


def _lanes(source: str, files: Sequence[Path]) -> list[Lane]:
    """One lane for all messages of an institution whose order counts, one for each batch of the others."""
    ordered = [path for path in files if media_of(path) == HL7V2]
    others = [path for path in files if media_of(path) != HL7V2]
    lanes: list[Lane] = [[(source, group)] for group in _groups(others)]
    if ordered:
        lanes.append([(source, group) for group in _groups(ordered)])
    return lanes


def _groups(files: Iterable[Path]) -> Iterator[list[Path]]:
    """Files in groups of about equal work, those of one group loaded in one transaction."""
    group: list[Path] = []
    size = 0
    for path in files:
        weight = _weight(path)
        if group and (size + weight > GROUP_BYTES or len(group) >= GROUP_FILES):
            yield group
            group, size = [], 0
        group.append(path)
        size += weight
    if group:
        yield group


def _weight(path: Path) -> int:
    return path.stat().st_size * (PACKED if path.name.endswith(".gz") else 1)


def _load_batch(source: str, files: list[Path]) -> _Result:
    """In a worker process."""
    result = _received(platform_here(), source, files)
    gc.collect(0)
    return result


def _received(platform: Platform, source: str, files: list[Path]) -> _Result:
    readable: list[Path] = []
    unreadable: list[Unreadable] = []
    for path in files:
        try:
            with path.open("rb") as file:
                file.read(1)
            readable.append(path)
        except OSError as error:
            unreadable.append(Unreadable(path.name, error.strerror or "cannot be read"))
    tally, early = platform.intake.receive_files(source, readable)
    return _Result(tally, unreadable, early)


def _take_up(messages: list[int]) -> _Result:
    return _Result(platform_here().intake.take_up(messages), [], [])
