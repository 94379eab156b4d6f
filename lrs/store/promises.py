"""What every keeper of a store promises, whatever database is under it.

1. *One request, one transaction.* `write` runs a function with a `Transaction`; when it raises, nothing of it is kept,
   and others that share the commit are not touched. When `write` returns, what it did is durable. A function may run
   more than once before it counts, so it changes nothing but the store. A caller who stops waiting takes nothing back.
2. *One order.* `append` gives each statement the next `seq` and a `stored` that is unique and strictly rises with it,
   and what is visible is always a beginning of that order.
3. *Consistent-Through is true.* Whatever `consistent_through()` answers, every statement with an earlier or equal
   `stored` is visible to a `read` that starts afterwards, and no statement will get such a `stored` later.
4. *A read is one snapshot.*

Work handed to `read` and `write` runs outside the event loop and must not wait for anything but the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from uuid import UUID

from msgspec import Struct

if TYPE_CHECKING:
    from sqlmodel import Session

T = TypeVar("T")
Row = tuple[Any, ...]
Stored = tuple[bytes, bytes | None]
"""The digest of a statement's text, and the text itself where it was not redacted."""
Asked = tuple[int, Sequence[bytes]]
"""A store, and ids of statements."""


class Rows(Protocol):
    """The answer to a statement of SQL."""

    lastrowid: int | None
    rowcount: int

    def fetchone(self) -> Row | None: ...
    def fetchall(self) -> list[Row]: ...
    def __iter__(self) -> Iterator[Row]: ...


class Reader(Protocol):
    """One snapshot of the store."""

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ...) -> Rows:
        """Run SQL with `?` marks, or `:name` marks and a mapping."""

    def session(self) -> Session:
        """A SQLModel session inside this very transaction; loads SQLAlchemy on first use."""


class Transaction(Reader, Protocol):
    """One request's changes, kept together or not at all."""

    @property
    def now_us(self) -> int:
        """The time this transaction goes by."""

    def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        """Run SQL once for each row of parameters."""

    def aside(self, sql: str, parameters: Sequence[Any]) -> Rows:
        """Run a SELECT that need not see what is held; it makes nothing be written."""

    def stored(self, store: int, ids: Sequence[bytes]) -> dict[bytes, Stored]:
        """Those of these statements that the log has. For ids that were given to `write` this costs nothing."""

    def referred(self, store: int, ids: Sequence[UUID]) -> set[UUID]:
        """Those of these ids that a statement of the log refers to, whether or not it has them."""

    def hold(self, rows: Sequence[tuple[Any, ...]], index: Sequence[tuple[int, int, int]]) -> None:
        """Add rows of the log and of its index, as `lrs.store.held` has them.

        They may wait until the commit, together with those of other requests. Whatever else is run sees them.
        """

    def hold_terms(self, rows: Sequence[tuple[int, int, str, str, int]]) -> None:
        """Add terms (number, store, kind, value, uses), which may wait as the rows of the log do."""

    def place(self, store: int, count: int) -> list[tuple[int, int]]:
        """The next `count` places of the log: `(seq, stored_us)` each, rising."""

    def next_revision(self, store: int) -> int:
        """The next revision of documents and collections."""

    def terms(self, store: int, keys: Sequence[tuple[str, str]], uses: int = 1) -> list[int]:
        """The numbers of terms, each a kind and a value, made where they are new."""

    def term(self, store: int, kind: str, value: str, uses: int = 1) -> int:
        """The number of one term."""


class Here(Struct, frozen=True):
    """This device as rows of the store name it."""

    device_uuid: UUID
    device: int
    boot: int


class Store(Protocol):
    """A keeper."""

    @property
    def here(self) -> Here: ...

    async def write(self, work: Callable[[Transaction], T], about: Asked | None = None) -> T:
        """Run `work` in a transaction; durable when this returns. `about` names a store and the statements that the
        work will ask `stored` for, so that those of all waiting requests are looked up at once.

        Raises what `work` raises, `StoreFull` where there is no room, `Unavailable` where it cannot be now.
        """

    async def read(self, work: Callable[[Reader], T]) -> T:
        """Run `work` on a snapshot."""

    async def consistent_through(self) -> int:
        """Promise 3, in microseconds. Ask before the read that it is to hold for."""

    def watch(self, seen: Callable[[], None]) -> Callable[[], None]:
        """Call `seen` on this event loop after commits that appended statements or changed documents and
        collections; the answer stops it."""

    async def close(self) -> None:
        """Finish what was accepted, then let go of the database; again does nothing."""
