"""How one device tells another which of them made the statements it brings.

A device that delivers its log names itself in a header. The receiver keeps the name as the rows' origin: such rows are
not sent back to that device, and session rules, which the maker's LMS has applied already, are not applied again.
"""

from __future__ import annotations

from uuid import UUID

from lrs.errors import Fault, Invalid
from lrs.store.promises import Reader, Transaction

HEADER = "x-offline-lrs-device"
HEADER_BYTES = HEADER.encode()


def sender(text: str | None) -> UUID | None:
    """The device that a request says it comes from, given its header, or None."""
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid.of([Fault(HEADER, "", "the device header must be a UUID")]) from error


def number(transaction: Transaction, store: int, device: UUID) -> int:
    """The number of a device in this store, made where it is new."""
    transaction.execute("INSERT OR IGNORE INTO device (store, uuid) VALUES (?, ?)", (store, str(device)))
    row = transaction.execute("SELECT id FROM device WHERE store = ? AND uuid = ?", (store, str(device))).fetchone()
    return int(row[0]) if row else 0


def known(reader: Reader, store: int, device: UUID) -> int | None:
    """The number of a device in this store, None where nothing came from it."""
    row = reader.execute("SELECT id FROM device WHERE store = ? AND uuid = ?", (store, str(device))).fetchone()
    return None if row is None else int(row[0])
