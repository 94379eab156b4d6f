"""`offline-lrs serve`: the program itself, on a device or at the school.

How the interpreter is to work for a server is set here too, since it is the process's and not the program's affair; the
figures beside it were measured with `make bench`.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
from typing import TYPE_CHECKING, Any

from launcher.cli import common
from lrs.clock import SystemClock
from lrs.settings import Settings, default_data, gather

if TYPE_CHECKING:
    from launcher.app import Serving

# Requests under way hold many small objects. With Python's own threshold of 700 a batch is searched for garbage while
# it is parsed, which took an eighth of the CPU time of batches of 50, and a third of their p99.
GARBAGE_THRESHOLDS = (20_000, 20, 20)
# SQLite lets go of the interpreter for every row, and the writer then waits this long to get it back from a busy event
# loop: a commit of 400 rows beside one took 131 µs a row with Python's own 5 ms, and 62 µs with half of one.
SWITCH_SECONDS = 0.001


def add(name: str, commands: Any) -> None:
    """Describe the command."""
    command = common(commands.add_parser(name, help="run as a device or as the school's server", description=__doc__))
    command.add_argument("--host", help="loopback address to listen on (default 127.0.0.1)")
    command.add_argument("--port", type=int, help="TCP port, 0 for any free one (default 8080)")
    command.add_argument("--no-tcp", dest="tcp", action="store_const", const=False, help="no TCP at all: IPC only")
    command.add_argument("--ipc-service", metavar="NAME", help="serve over IPC under this name, and register it")
    command.add_argument("--school", metavar="IRI", help="the school's identity, set once, e.g. https://school.example")
    command.add_argument(
        "--public-url", metavar="URL", help="how the network reaches this server, for launch addresses"
    )
    command.add_argument(
        "--default-version", choices=("1.0.3", "2.0.0"), help="version named to clients that name none"
    )
    command.add_argument(
        "--upstream", metavar="URL", help="xAPI endpoint that the log is sent to (destination `upstream`)"
    )
    command.add_argument("--upstream-key", metavar="K", help="key at the upstream")
    command.add_argument(
        "--upstream-secret", metavar="S", help="secret; OFFLINE_LRS_UPSTREAM_SECRET keeps it off the process list"
    )
    command.add_argument(
        "--no-xapi-tcp", action="store_const", const=True, help="serve pages over TCP, xAPI and launches over IPC only"
    )
    command.set_defaults(run=run)


FLAGS = (
    "host", "port", "tcp", "ipc_service", "school", "public_url", "default_version",
    "upstream", "upstream_key", "upstream_secret", "no_xapi_tcp",
)  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    settings = gather(arguments.data or default_data(), {name: getattr(arguments, name) for name in FLAGS})
    gc.disable()  # loading makes many objects and no garbage: searching for some takes 15 ms of a cold start
    try:
        return _serve(settings, as_json=arguments.json)
    finally:
        gc.enable()


def _serve(settings: Settings, *, as_json: bool) -> int:
    from launcher.app import serve  # loaded with the search for garbage off
    from lrs.ipc.server import loop_factory

    def ready(serving: Serving) -> None:
        _settle_down()
        tell(serving, settings, as_json=as_json)

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(serve(settings, SystemClock(), ready))
    return 0


def _settle_down() -> None:
    """From loading to serving: what is there now stays, and is never searched again."""
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    gc.enable()
    sys.setswitchinterval(SWITCH_SECONDS)


def tell(serving: Serving, settings: Settings, *, as_json: bool) -> None:
    """One line for each door, when all of them answer."""
    if as_json:
        told = {
            "event": "ready",
            "school": serving.school,
            "url": serving.url,
            "ipcService": serving.ipc_service,
            "socket": None if serving.socket is None else str(serving.socket),
        }
        print(json.dumps(told), flush=True)
        return
    print(f"serving {serving.school or 'no school yet (set it with --school IRI)'} from {settings.data}")
    if serving.ipc_service is not None:
        print(f"  over IPC as {serving.ipc_service} ({serving.socket})")
    if serving.url is not None:
        print(f"  over TCP at {serving.url}  (pages at {serving.url}/, xAPI at {serving.url}/xapi)")
    print("  stop with Ctrl-C", flush=True)
    sys.stdout.flush()
