"""What two of our own programs tell each other beyond the standard: who speaks, and how old a document is.

A device that delivers its log names itself in a header. The receiver keeps the name as the rows' origin: such rows are
not sent back to that device, and session rules, which the maker's LMS has applied already, are not applied again.

With a document goes how long ago it was written. An age is the difference of two readings of one clock, so it means the
same on a device whose clock is days off; a date does not.
"""

from __future__ import annotations

from uuid import UUID

from lrs.errors import Fault, Invalid
from lrs.store.promises import Reader, Transaction

HEADER = "x-offline-lrs-device"
HEADER_BYTES = HEADER.encode()
AGE = "x-offline-lrs-age"
"""Whole milliseconds since a document was written."""
_AGE_DIGITS = 15


def sender(text: str | None) -> UUID | None:
    """The device that a request says it comes from, given its header, or None."""
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid.of([Fault(HEADER, "", "the device header must be a UUID")]) from error


def age_us(text: str | None) -> int | None:
    """The age that a header tells, in microseconds; None where it tells none that makes sense."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > _AGE_DIGITS:
        return None
    return int(text) * 1000


def age_text(written_us: int, now_us: int) -> str | None:
    """The header's value; None where the clock went back behind the writing, and nothing is known."""
    return str((now_us - written_us) // 1000) if now_us >= written_us else None


def number(transaction: Transaction, store: int, device: UUID) -> int:
    """The number of a device in this store, made where it is new."""
    transaction.execute("INSERT OR IGNORE INTO device (store, uuid) VALUES (?, ?)", (store, str(device)))
    row = transaction.execute("SELECT id FROM device WHERE store = ? AND uuid = ?", (store, str(device))).fetchone()
    return int(row[0]) if row else 0


def known(reader: Reader, store: int, device: UUID) -> int | None:
    """The number of a device in this store, None where nothing came from it."""
    row = reader.execute("SELECT id FROM device WHERE store = ? AND uuid = ?", (store, str(device))).fetchone()
    return None if row is None else int(row[0])
