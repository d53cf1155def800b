"""Importing code tables, and $validate-code by fifty users at once over HTTP.

    python -m bench.terminology

Needs the tables of KANGSHU_TESTDATA (`cn_codes`, `cn_geo`, `terminology_tx/ucum`).
The clients are one process beside the server, on the same cores: what they take, the server lacks.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

DATA = Path(os.environ.get("KANGSHU_TESTDATA", "../shared/data"))
KANGSHU = Path(sys.executable).parent / "kangshu"
USERS = 50
SECONDS = 8.0
DRUGS = 200_000
ICD = "https://code.nhsa.gov.cn/icd10"
TABLES = (
    ("icd10_cn", "cn_codes"),
    ("icd9cm3_cn", "cn_codes"),
    ("gbt2260", "cn_geo"),
    ("ucum", "terminology_tx/ucum"),
)


def main() -> int:
    if not (DATA / "cn_codes").is_dir():
        print(f"There are no code tables at {DATA}; set KANGSHU_TESTDATA.")
        return 0
    with tempfile.TemporaryDirectory(prefix="kangshu-bench-") as folder:
        home = Path(folder) / "home"
        environment = {**os.environ, "KANGSHU_HOME": str(home)}
        run(environment, "migrate")
        print("| import | seconds | |\n|---|---|---|")
        for name, where in TABLES:
            seconds, told = timed(environment, "codes", "import", name, "--from", str(DATA / where))
            print(f"| {name} | {seconds:.1f} | {told} |")
        drugs = synthetic_drugs(Path(folder))
        seconds, told = timed(
            environment, "codes", "import", "nhsa_drug", "--version", "1", "--from", str(drugs)
        )
        print(f"| nhsa_drug (synthetic) | {seconds:.1f} | {told} |")
        code = "XC02AXA002B002010000002"
        seconds, _ = timed(environment, "codes", "lookup", "https://code.nhsa.gov.cn/yp", code)
        print(f"| first lookup of one of them, with the start of the program | {seconds:.1f} | |")
        token = run(environment, "token", "--client", "bench", "--scope", "system/*.rs").split()[-1]
        codes = [
            line.split("\t")[0] for line in (DATA / "cn_codes" / "icd10_cn.tsv").read_text().splitlines()[1:]
        ]
        with serving(environment) as (host, port):
            print("\n| request, 50 users | per second | p50 ms | p95 ms | answers |\n|---|---|---|---|---|")
            for name, paths in shapes(codes).items():
                asyncio.run(measured(host, port, token, paths[:USERS]))
                rate, times, count = asyncio.run(measured(host, port, token, paths))
                print(f"| {name} | {rate:,.0f} | {at(times, 50):.1f} | {at(times, 95):.1f} | {count:,} |")
    return 0


def synthetic_drugs(folder: Path) -> Path:
    """A table of drugs that do not exist, in the form of the national one."""
    lines = ["药品代码,注册名称,商品名称,注册剂型,注册规格,药品企业,批准文号,甲乙类"]
    for number in range(DRUGS):
        anatomy, name = "ABCDGHJLMNPRSV"[number % 14], number % 900
        code = f"X{anatomy}{number % 16:02}AXA{name:03}B{number % 30:03}0101{number % 100_000:05}"
        # As many as there are serial numbers; the two digits of the package tell the rest apart.
        code = f"{code[:16]}{number // 100_000:02}{code[18:]}"
        lines.append(
            f"{code},合成药{anatomy}{name}片,合成牌{number % 5000},片剂,{number % 90 + 10}mg,"
            f"合成制药{number % 4000}厂,合成字H{number:08},{'甲乙'[number % 2]}"
        )
    (folder / "yp.csv").write_text("\n".join(lines), "utf-8")
    return folder


def shapes(codes: list[str]) -> dict[str, list[str]]:
    """Paths per shape, in an order that no cache can guess."""
    random.Random(7).shuffle(codes)
    system, whole = quote(ICD, safe=""), quote(f"{ICD}/all", safe="")
    return {
        "CodeSystem/$validate-code": [
            f"/fhir/CodeSystem/$validate-code?url={system}&code={quote(code, safe='')}" for code in codes
        ],
        "ValueSet/$validate-code": [
            f"/fhir/ValueSet/$validate-code?url={whole}&system={system}&code={quote(code, safe='')}"
            for code in codes
        ],
        "CodeSystem/$lookup": [
            f"/fhir/CodeSystem/$lookup?system={system}&code={quote(code, safe='')}" for code in codes
        ],
    }


async def measured(host: str, port: int, token: str, paths: list[str]) -> tuple[float, list[float], int]:
    """(requests per second, milliseconds of each, how many)."""
    times: list[float] = []
    end = time.perf_counter() + (SECONDS if len(paths) > USERS else 1.0)
    began = time.perf_counter()
    await asyncio.gather(
        *(user(host, port, token, paths[number::USERS] or paths, end, times) for number in range(USERS))
    )
    return len(times) / (time.perf_counter() - began), times, len(times)


async def user(host: str, port: int, token: str, paths: list[str], end: float, times: list[float]) -> None:
    """One user over one connection, the next request when the last is answered."""
    reader, writer = await asyncio.open_connection(host, port)
    number = 0
    while time.perf_counter() < end:
        path = paths[number % len(paths)]
        number += 1
        start = time.perf_counter()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        body = await reader.readexactly(length)
        times.append((time.perf_counter() - start) * 1000)
        if b" 200 " not in head[:16] or b'"resourceType":"Parameters"' not in body:
            raise SystemExit(f"{path}: {head[:60]!r} {body[:300]!r}")
    writer.close()


def at(times: list[float], percent: int) -> float:
    return sorted(times)[min(len(times) - 1, len(times) * percent // 100)]


def run(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [str(KANGSHU), *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout.strip()


def timed(environment: dict[str, str], *arguments: str) -> tuple[float, str]:
    start = time.perf_counter()
    told = run(environment, *arguments)
    return time.perf_counter() - start, told


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """A server on a free port until the block ends."""
    process = subprocess.Popen(
        [str(KANGSHU), "serve", "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = next(line for line in process.stdout if "ready at" in line)
        where = urlsplit(line.split()[-1])
        yield where.hostname or "", where.port or 0
    finally:
        process.terminate()
        process.wait(60)


if __name__ == "__main__":
    sys.exit(main())
