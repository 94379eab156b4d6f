"""`offline-lrs serve`: the program itself, on a device or at the school."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import Any

from launcher.app import Serving, serve
from launcher.cli import common
from lrs.clock import SystemClock
from lrs.ipc.server import loop_factory
from lrs.settings import Settings, default_data, gather


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

    def ready(serving: Serving) -> None:
        tell(serving, settings, as_json=arguments.json)

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(serve(settings, SystemClock(), ready))
    return 0


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
