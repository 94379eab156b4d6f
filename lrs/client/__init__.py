"""What other apps import to reach a service on this device, or over the network, with the same calls."""

from __future__ import annotations

from lrs.client.errors import Misdirected, OfflineLrsError, Unreachable
from lrs.client.network import Network
from lrs.client.transport import Response, Transport
from lrs.client.tunnel import Tunnel

__all__ = ["Misdirected", "Network", "OfflineLrsError", "Response", "Transport", "Tunnel", "Unreachable", "open"]


def open(endpoint_url: str, ipc_service: str | None) -> Transport:
    """The way to `endpoint_url`: through the service where a launch named one, else over the network.

    Nothing is connected yet. A service that is named and does not answer is never replaced by the network: what was
    issued on the device is unknown there.
    """
    if ipc_service:
        return Tunnel(ipc_service)
    return Network(endpoint_url)
