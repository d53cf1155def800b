"""Work on things that need one another: several at once, each behind what it needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter


def work_in_order(
    needs: Mapping[str, Collection[str]],
    work: Callable[[str], None],
    *,
    threads: int,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Work on everything that `needs` names, in threads; `progress` is told (how many are done, of how many).

    What one raises is raised when those that had begun have ended; no other is begun.
    """
    order = TopologicalSorter(needs)
    order.prepare()
    done, everything = 0, len({*needs, *(each for all_of_one in needs.values() for each in all_of_one)})
    with ThreadPoolExecutor(threads, thread_name_prefix="in-order") as pool:
        running: dict[Future[None], str] = {}
        try:
            while order.is_active():
                if progress is not None:
                    progress(done, everything)
                running |= {pool.submit(work, name): name for name in order.get_ready()}
                ended, _ = wait(running, return_when=FIRST_COMPLETED)
                for each in ended:
                    each.result()
                    order.done(running.pop(each))
                    done += 1
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    if progress is not None:
        progress(done, everything)
