"""Run the benchmarks one after the other, each in a process of its own.

    python -m bench              all of them
    python -m bench search       only these

A benchmark is a module of this folder, or a folder with a `__main__`, that prints a table.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(wanted: list[str]) -> int:
    """Run those wanted, or all. 0: all went well, 1: one failed, 2: wrong call."""
    names = known()
    unknown = set(wanted) - set(names)
    if unknown:
        print(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names)}.")
        return 2
    runs = [
        subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=HERE.parent, check=False)
        for name in wanted or names
    ]
    return min(1, sum(run.returncode != 0 for run in runs))


def known() -> list[str]:
    """The names of all benchmarks, in order."""
    modules = {path.stem for path in HERE.glob("[a-z]*.py")}
    return sorted(modules | {path.parent.name for path in HERE.glob("[a-z]*/__main__.py")})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
