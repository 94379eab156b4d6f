"""The load generator: `python -m tests.bench.load SPEC.json`, a process of its own on a loopback port.

Every connection has one request in flight and sends the next as soon as it has the answer. After a short warm-up the
clock runs for a set time; what is answered inside it counts. Bounded in time and in requests. Speaks HTTP/1.1 by hand
on asyncio's protocols, since a client library would eat the core that it shares with the server (`client.py` hands the
work over and reads what comes back).
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from lrs.ipc.server import loop_factory
from tests.bench import processes
from tests.bench.spec import Measured, Sender, Spec, read_spec, write_measured

GRACE_SECONDS = 30.0  # for answers that are still on their way when the time is over
POST = (
    "POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {authorization}\r\nX-Experience-API-Version: 1.0.3\r\n"
    "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
)
GET = (
    "GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {authorization}\r\n"
    "X-Experience-API-Version: 1.0.3\r\n\r\n"
)


# --- requests -------------------------------------------------------------------------------------------------------


def requests(spec: Spec) -> Iterator[bytes]:
    """Requests without end: the senders in turn, every statement with an id of its own."""
    if spec.gets:
        return _gets(spec)
    return _posts(spec)


def _gets(spec: Spec) -> Iterator[bytes]:
    for sender, target in zip(itertools.cycle(spec.senders), itertools.cycle(spec.gets), strict=False):
        yield GET.format(target=target, authorization=sender.authorization).encode()


def _posts(spec: Spec) -> Iterator[bytes]:
    chance = random.Random(spec.seed)
    bodies = [_bodies(sender, spec.batch, chance) for sender in spec.senders]
    for sender, body in zip(itertools.cycle(spec.senders), itertools.cycle(bodies), strict=False):
        text = next(body)
        yield POST.format(target=spec.target, authorization=sender.authorization, length=len(text)).encode() + text


def _bodies(sender: Sender, batch: int, chance: random.Random) -> Iterator[bytes]:
    statements = (before + _id(chance) + behind for before, behind in itertools.cycle(sender.templates))
    while True:
        if batch == 1:
            yield next(statements).encode()
        else:
            yield f"[{','.join(itertools.islice(statements, batch))}]".encode()


def _id(chance: random.Random) -> str:
    text = f"{chance.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"


# --- connections ----------------------------------------------------------------------------------------------------


class Talk(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._buffer = bytearray()
        self._needed = 0
        self._status = 0
        self._began = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a stream was asked for
        self._transport = transport
        self._next(transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._needed:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self._status = int(self._buffer[9:12])
            self._needed = end + 4 + _length(bytes(self._buffer[:end]))
        if len(self._buffer) < self._needed or self._transport is None:
            return
        self._run.answered(self._status, time.perf_counter() - self._began, bytes(self._buffer[: self._needed]))
        self._buffer.clear()
        self._needed = 0
        self._next(self._transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._run.closed()

    def _next(self, transport: asyncio.Transport) -> None:
        request = self._run.next()
        if request is None:
            transport.close()
            return
        self._began = time.perf_counter()
        transport.write(request)


def _length(head: bytes) -> int:
    """The announced length of the body; what answers without one is none of ours, and the run ends with an error."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError(f"an answer without a length: {head[:80]!r}")


class Run:
    """One measurement: what is sent until when, and what came back inside the measured time."""

    def __init__(self, spec: Spec, cpu: Callable[[int], float]) -> None:
        self._spec, self._cpu = spec, cpu
        self._requests = requests(spec)
        self._sent = 0
        self._open = spec.connections
        self._stopping = False
        self._measuring = False
        self._latencies: list[float] = []
        self._statuses: Counter[int] = Counter()
        self._complaint = ""
        self._began = self._ended = self._server = self._loader = 0.0
        self.over = asyncio.get_running_loop().create_future()

    async def play(self) -> Measured:
        """Open the connections, and return when the last answer is there."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: self._broken(context))
        for _ in range(self._spec.connections):
            await loop.create_connection(lambda: Talk(self), "127.0.0.1", self._spec.port)
        loop.call_later(self._spec.warm_up, self._begin)
        loop.call_later(self._spec.warm_up + self._spec.seconds, self._end)
        await asyncio.wait_for(self.over, self._spec.warm_up + self._spec.seconds + GRACE_SECONDS)
        return Measured(
            answers=len(self._latencies),
            statements=len(self._latencies) * self._spec.batch,
            sent=self._sent,
            seconds=self._ended - self._began,
            server_cpu=self._server,
            loader_cpu=self._loader,
            latencies_ms=[round(1000 * one, 3) for one in self._latencies],
            statuses={str(status): count for status, count in self._statuses.items()},
            complaint=self._complaint,
        )

    def next(self) -> bytes | None:
        """The next request, or None where it is enough."""
        if self._stopping or self._sent >= self._spec.most:
            return None
        self._sent += 1
        return next(self._requests)

    def answered(self, status: int, seconds: float, answer: bytes) -> None:
        """An answer is complete."""
        self._statuses[status] += 1
        if status != 200 and not self._complaint:
            self._complaint = answer.decode("utf-8", "replace")[:600]
            self._stopping = True
        if self._measuring:
            self._latencies.append(seconds)

    def closed(self) -> None:
        """A connection is gone."""
        self._open -= 1
        if not self._open:
            self._end()
            if not self.over.done():
                self.over.set_result(None)

    def _broken(self, context: dict[str, Any]) -> None:
        """What a connection raises would be logged and waited for in vain."""
        if not self.over.done():
            self.over.set_exception(context.get("exception") or RuntimeError(context["message"]))

    def _begin(self) -> None:
        if self._stopping:
            return
        self._measuring = True
        self._server, self._loader = -self._cpu(self._spec.pid), -time.process_time()
        self._began = time.perf_counter()

    def _end(self) -> None:
        self._stopping = True
        if self._measuring:
            self._measuring = False
            self._ended = time.perf_counter()
            self._server += self._cpu(self._spec.pid)
            self._loader += time.process_time()


def main() -> int:
    """Play the spec that the command line names, and write what was measured to standard output."""
    spec = read_spec(Path(sys.argv[1]))
    gc.disable()  # a pause of ours would be counted as the server's; the run is short

    async def play() -> Measured:
        return await Run(spec, processes.cpu_seconds).play()

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        print(json.dumps(write_measured(runner.run(play()))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
