"""Processor time of a program and of the PostgreSQL server that it works with."""

from __future__ import annotations

import threading
from pathlib import Path

import psutil


class Watch:
    """Adds up processor seconds. A process that has ended counts with what was last seen of it."""

    def __init__(self, pid: int, postgres: Path) -> None:
        self._process = psutil.Process(pid)
        self._postmaster = postgres / "postmaster.pid"
        self._program: dict[tuple[int, float], float] = {}
        self._postgres: dict[tuple[int, float], float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def seconds(self) -> tuple[float, float]:
        """So far: of the program, and of PostgreSQL."""
        self._look_at_both()
        return sum(self._program.values()), sum(self._postgres.values())

    def end(self) -> tuple[float, float]:
        """Stop watching; what there was until then."""
        self._ended.set()
        self._thread.join()
        return self.seconds()

    def _watch(self) -> None:
        while not self._ended.wait(0.2):
            self._look_at_both()

    def _look_at_both(self) -> None:
        self._look(self._process, self._program)
        try:
            server = psutil.Process(int(self._postmaster.read_text().split()[0]))
        except (OSError, ValueError, IndexError, psutil.Error):
            return
        self._look(server, self._postgres)

    def _look(self, root: psutil.Process, seen: dict[tuple[int, float], float]) -> None:
        try:
            processes = [root, *root.children(recursive=True)]
        except psutil.Error:
            return
        for each in processes:
            try:
                is_server = each.name().startswith("postgres")
                if is_server and seen is self._program:
                    continue
                times = each.cpu_times()
                seen[each.pid, each.create_time()] = times.user + times.system
            except psutil.Error:
                continue
