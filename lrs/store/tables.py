"""The tables of the record store, as SQLModel classes: the one description of the schema that people read.

Migrations create them, management reads and writes through them, and a test compares the SQL text of the hot paths
with them. Nothing on the path of a statement imports this module (SQLAlchemy costs more than a cold start may).

Every table leads with `store`, the partition key: one program can keep several stores, and nothing is readable across
them. Times are whole microseconds since 1970 UTC (`…_us`). What could never be added later is here from the start:
origin, device, boot and clock offset of each log row, actors by reference, redaction.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

# SQLite gives out row ids only for INTEGER columns, which hold 64 bits there; PostgreSQL needs BIGINT for as much.
Big = BigInteger().with_variant(Integer(), "sqlite")

lrs_metadata = MetaData()


class LrsTable(SQLModel):
    """Base of the record store's own tables; the launcher keeps its tables in a history of its own."""

    metadata: ClassVar[MetaData] = lrs_metadata
    __table_args__: Any = ()


def big(*, primary_key: bool = False, nullable: bool = False) -> Any:
    """A whole number of 64 bits."""
    return Field(sa_column=Column(Big, primary_key=primary_key, nullable=nullable, autoincrement=False))


def row_id() -> Any:
    """A number that the database gives out."""
    return Field(default=None, sa_column=Column(Big, primary_key=True))


def text(*, primary_key: bool = False, nullable: bool = False) -> Any:
    """Text of any length."""
    return Field(sa_column=Column(Text, primary_key=primary_key, nullable=nullable))


def blob(*, nullable: bool = False) -> Any:
    """Bytes."""
    return Field(sa_column=Column(LargeBinary, nullable=nullable))


class Meta(LrsTable, table=True):
    """Facts about this data folder: the school's IRI, this device's id, the key that signs `more` links."""

    __tablename__ = "meta"
    key: str = text(primary_key=True)
    value: str = text()


class StoreRow(LrsTable, table=True):
    """A tenant. One named `default` exists from the start."""

    __tablename__ = "store"
    id: int = row_id()
    name: str = Field(sa_column=Column(Text, nullable=False, unique=True))


class Head(LrsTable, table=True):
    """The sequencer: one row a store, bumped once per transaction. It yields `seq` and the revision of documents and
    catalogue. No `stored` that was given or promised is above the greatest `stored_us` here, which runs a moment ahead
    of the clock; `epoch` changes when history was replaced (a restore from backup)."""

    __tablename__ = "head"
    store: int = big(primary_key=True)
    seq: int = big()
    stored_us: int = big()
    revision: int = big()
    epoch: str = text()


class Device(LrsTable, table=True):
    """A machine that statements were made on: this one, or one whose statements were synced here."""

    __tablename__ = "device"
    __table_args__ = (UniqueConstraint("store", "uuid"),)
    store: int = big()
    id: int = row_id()
    uuid: str = text()


class Boot(LrsTable, table=True):
    """One start of the program on this device; with the monotonic clock it lets a wrong wall clock be mended later."""

    __tablename__ = "boot"
    store: int = big()
    id: int = row_id()
    uuid: str = text()
    started_us: int = big()


class Authority(LrsTable, table=True):
    """The authority objects that were given to statements, each text once."""

    __tablename__ = "authority"
    __table_args__ = (UniqueConstraint("store", "text"),)
    store: int = big()
    id: int = row_id()
    text: str = text()


class Term(LrsTable, table=True):
    """Dictionary of what statements are found by. `kind`: `v` verb, `g` agent or group, `a` activity, `r` registration,
    `s` the statement that is referred to. `uses` is an estimate, for choosing the rarer of two filters."""

    __tablename__ = "term"
    __table_args__ = (UniqueConstraint("store", "kind", "value"),)
    store: int = big()
    id: int = row_id()
    kind: str = text()
    value: str = text()
    uses: int = big()


class TermIndex(LrsTable, table=True):
    """Which statement has which term: twice the term's id, plus one where only the `related_…` filters see it."""

    __tablename__ = "term_index"
    __table_args__ = ({"sqlite_with_rowid": False},)
    store: int = big(primary_key=True)
    term: int = big(primary_key=True)
    seq: int = big(primary_key=True)


class StatementRow(LrsTable, table=True):
    """The log. `raw` is the received text without `stored` and `authority`, with `id`, `timestamp` and `version` made
    sure of; a redacted row keeps everything but `raw` and its terms.

    `origin`: 0 made through this program, else the id of the device that it was synced from. Such a row is not echoed
    to that device and was not judged by session rules.
    """

    __tablename__ = "statement"
    __table_args__ = (
        UniqueConstraint("store", "seq"),
        UniqueConstraint("store", "id"),
        UniqueConstraint("store", "stored_us"),
    )
    row: int = row_id()
    store: int = big()
    seq: int = big()
    id: bytes = blob()
    stored_us: int = big()
    timestamp_us: int = big()
    actor: int | None = big(nullable=True)
    authority: int = big()
    credential: int = big()
    origin: int = big()
    device: int = big()
    boot: int | None = big(nullable=True)
    clock_offset_us: int | None = big(nullable=True)
    voided_by: int | None = big(nullable=True)
    redacted_us: int | None = big(nullable=True)
    sha256: bytes = blob()
    raw: bytes | None = blob(nullable=True)


class Document(LrsTable, table=True):
    """State, activity profile and agent profile documents. What a kind's key does not have is empty text.

    `updated_us` is when it was stored here, which `since` goes by; `written_us` is when its content was made, where
    that was somewhere else and earlier.
    """

    __tablename__ = "document"
    __table_args__ = (Index("document_revision", "store", "revision"),)
    store: int = big(primary_key=True)
    kind: str = text(primary_key=True)
    activity: str = text(primary_key=True)
    agent: str = text(primary_key=True)
    registration: str = text(primary_key=True)
    name: str = text(primary_key=True)
    content_type: str = text()
    content: bytes = blob()
    etag: str = text()
    updated_us: int = big()
    revision: int = big()
    written_us: int | None = big(nullable=True)


class DocumentLink(LrsTable, table=True):
    """What is known of a document at a destination. The document here is the same as there while its revision is
    `revision`.

    `etag` is the destination's own name for the content that it has, `digest` ours; both are None where it has none as
    far as is known. `sent` are the digests of what may have arrived there without an answer having come back. `gone` is
    the revision at which the document was deleted here. `state` is empty, or says why the destination will not take it.
    """

    __tablename__ = "document_link"
    __table_args__ = (Index("document_link_gone", "store", "destination", "gone"),)
    store: int = big(primary_key=True)
    destination: int = big(primary_key=True)
    kind: str = text(primary_key=True)
    activity: str = text(primary_key=True)
    agent: str = text(primary_key=True)
    registration: str = text(primary_key=True)
    name: str = text(primary_key=True)
    etag: str | None = text(nullable=True)
    digest: str | None = text(nullable=True)
    sent: str = text()
    revision: int = big()
    gone: int | None = big(nullable=True)
    state: str = text()
    code: int = big()
    detail: str = text()
    at_us: int = big()


class DocumentLane(LrsTable, table=True):
    """A destination's second cursor: the revision up to which documents were dealt with, and what stands in the way of
    them, apart from what stands in the way of statements. `pulled_us` is when all that is wanted was last asked for."""

    __tablename__ = "document_lane"
    store: int = big(primary_key=True)
    destination: int = big(primary_key=True)
    cursor: int = big()
    state: str = text()
    reason: str = text()
    attempts: int = big()
    not_before_us: int = big()
    computed_at_us: int = big()
    pulled_us: int | None = big(nullable=True)


class DocumentPull(LrsTable, table=True):
    """How far the documents of one activity, agent and registration were fetched from a destination: `since_us` by the
    destination's clock, and how often it was asked that way since the last time that everything was listed."""

    __tablename__ = "document_pull"
    store: int = big(primary_key=True)
    destination: int = big(primary_key=True)
    kind: str = text(primary_key=True)
    activity: str = text(primary_key=True)
    agent: str = text(primary_key=True)
    registration: str = text(primary_key=True)
    since_us: int = big()
    looks: int = big()


class DocumentAside(LrsTable, table=True):
    """The content that had to give way where a document was changed on both sides: `here`, or at the destination
    (`there`)."""

    __tablename__ = "document_aside"
    store: int = big()
    id: int = row_id()
    destination: int = big()
    kind: str = text()
    activity: str = text()
    agent: str = text()
    registration: str = text()
    name: str = text()
    content_type: str = text()
    content: bytes = blob()
    side: str = text()
    written_us: int | None = big(nullable=True)
    at_us: int = big()


class Credential(LrsTable, table=True):
    """Who may speak to a store. `secret` is `scheme$…`, never the secret; `session` names the cmi5 session that a
    lesson's token belongs to; an ended credential stays, so that its statements keep their owner."""

    __tablename__ = "credential"
    store: int = big()
    id: int = row_id()
    key: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    secret: str = text()
    scopes: str = text()
    authority: int = big()
    session: str | None = text(nullable=True)
    created_us: int = big()
    ended_us: int | None = big(nullable=True)


class Cursor(LrsTable, table=True):
    """How far each consumer inside the program has read the log."""

    __tablename__ = "cursor"
    store: int = big(primary_key=True)
    name: str = text(primary_key=True)
    seq: int = big()


class Destination(LrsTable, table=True):
    """An upstream LRS: a cursor over the log, a credential, and what is known of it in plain words."""

    __tablename__ = "destination"
    __table_args__ = (UniqueConstraint("store", "name"),)
    store: int = big()
    id: int = row_id()
    name: str = text()
    url: str = text()
    key: str = text()
    secret: str = text()
    cursor: int = big()
    state: str = text()
    reason: str = text()
    attempts: int = big()
    not_before_us: int = big()
    computed_at_us: int = big()
    last_acknowledged_seq: int | None = big(nullable=True)
    last_acknowledged_us: int | None = big(nullable=True)
    max_bytes: int | None = big(nullable=True)
    created_us: int = big()


class DeliveryException(LrsTable, table=True):
    """A log row below a destination's cursor that was not delivered, and why."""

    __tablename__ = "delivery_exception"
    store: int = big(primary_key=True)
    destination: int = big(primary_key=True)
    seq: int = big(primary_key=True)
    state: str = text()
    code: int = big()
    detail: str = text()
    at_us: int = big()
