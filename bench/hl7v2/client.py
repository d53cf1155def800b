"""Senders over several connections, in a process of their own: `python -m bench.hl7v2.client`.

Reads a plan in JSON from standard input: port, messages per connection, ahead. Prints seconds, and the
milliseconds from a message to its answer that half, and 95 of 100, stay below.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from bench.hl7v2.samples import SENDERS, Sender, messages

FRAME_END = b"\x1c\x0d"


def sender_of(connection: int) -> Sender:
    """Who speaks on a connection."""
    application, facility = SENDERS[connection % len(SENDERS)]
    return Sender(application, facility, connection)


async def _send(port: int, sent: list[bytes], ahead: int, waits: list[float]) -> None:
    """Send all, never more than `ahead` without an answer; answers must come in order."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    begun: list[float] = []
    answered = 0
    for raw in sent:
        if len(begun) - answered >= ahead:
            answered += await _answer(reader, raw, begun[answered], answered, waits)
        begun.append(time.perf_counter())
        writer.write(b"\x0b" + raw + FRAME_END)
    while answered < len(sent):
        answered += await _answer(reader, sent[0], begun[answered], answered, waits)
    writer.close()
    await writer.wait_closed()


async def _answer(
    reader: asyncio.StreamReader, raw: bytes, begun: float, number: int, waits: list[float]
) -> int:
    answer = await reader.readuntil(FRAME_END)
    waits.append(time.perf_counter() - begun)
    connection = raw.split(b"|", 10)[9].partition(b"-")[0]
    if b"\rMSA|AA|%s-%d\r" % (connection, number) not in answer:
        raise SystemExit(f"message {number}: {answer!r}")
    return 1


async def _all(port: int, plans: list[list[bytes]], ahead: int) -> tuple[float, list[float]]:
    waits: list[float] = []
    begun = time.perf_counter()
    await asyncio.gather(*(_send(port, sent, ahead, waits) for sent in plans))
    return time.perf_counter() - begun, sorted(waits)


def main() -> None:
    """Send what the plan says."""
    plan = json.loads(sys.stdin.readline())
    sent = [messages(sender_of(number), plan["each"]) for number in range(plan["connections"])]
    print("ready", flush=True)
    sys.stdin.readline()
    seconds, waits = asyncio.run(_all(plan["port"], sent, plan["ahead"]))
    middle, high = (waits[int(len(waits) * share)] * 1000 for share in (0.5, 0.95))
    print(json.dumps({"seconds": seconds, "p50": middle, "p95": high}), flush=True)


if __name__ == "__main__":
    main()
