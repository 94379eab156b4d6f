"""The first schema of the record store.

Revision ID: lrs_0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "lrs_0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def big(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, BIG, nullable=nullable, autoincrement=False)


def row_id(name: str = "id") -> sa.Column[int]:
    return sa.Column(name, BIG, primary_key=True)


def text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def blob(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=nullable)


def upgrade() -> None:
    op.create_table("meta", text("key"), text("value"), sa.PrimaryKeyConstraint("key"))
    op.create_table("store", row_id(), text("name"), sa.UniqueConstraint("name"))
    op.create_table(
        "head",
        big("store"),
        big("seq"),
        big("stored_us"),
        big("revision"),
        text("epoch"),
        sa.PrimaryKeyConstraint("store"),
    )
    op.create_table("device", big("store"), row_id(), text("uuid"), sa.UniqueConstraint("store", "uuid"))
    op.create_table("boot", big("store"), row_id(), text("uuid"), big("started_us"))
    op.create_table("authority", big("store"), row_id(), text("text"), sa.UniqueConstraint("store", "text"))
    op.create_table(
        "term",
        big("store"),
        row_id(),
        text("kind"),
        text("value"),
        big("uses"),
        sa.UniqueConstraint("store", "kind", "value"),
    )
    op.create_table(
        "term_index",
        big("store"),
        big("term"),
        big("seq"),
        sa.PrimaryKeyConstraint("store", "term", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "statement",
        row_id("row"),
        big("store"),
        big("seq"),
        blob("id"),
        big("stored_us"),
        big("timestamp_us"),
        big("actor", nullable=True),
        big("authority"),
        big("credential"),
        big("origin"),
        big("device"),
        big("boot", nullable=True),
        big("clock_offset_us", nullable=True),
        big("voided_by", nullable=True),
        big("redacted_us", nullable=True),
        blob("sha256"),
        blob("raw", nullable=True),
        sa.UniqueConstraint("store", "seq"),
        sa.UniqueConstraint("store", "id"),
        sa.UniqueConstraint("store", "stored_us"),
    )
    op.create_table(
        "document",
        big("store"),
        *(text(name) for name in ("kind", "activity", "agent", "registration", "name", "content_type")),
        blob("content"),
        text("etag"),
        big("updated_us"),
        big("revision"),
        sa.PrimaryKeyConstraint("store", "kind", "activity", "agent", "registration", "name"),
    )
    op.create_index("document_revision", "document", ["store", "revision"])
    op.create_table(
        "credential",
        big("store"),
        row_id(),
        text("key"),
        text("secret"),
        text("scopes"),
        big("authority"),
        text("session", nullable=True),
        big("created_us"),
        big("ended_us", nullable=True),
        sa.UniqueConstraint("key"),
    )
    op.create_table("cursor", big("store"), text("name"), big("seq"), sa.PrimaryKeyConstraint("store", "name"))
    op.create_table(
        "destination",
        big("store"),
        row_id(),
        *(text(name) for name in ("name", "url", "key", "secret")),
        big("cursor"),
        *(text(name) for name in ("state", "reason")),
        *(big(name) for name in ("attempts", "not_before_us", "computed_at_us")),
        *(big(name, nullable=True) for name in ("last_acknowledged_seq", "last_acknowledged_us", "max_bytes")),
        big("created_us"),
        sa.UniqueConstraint("store", "name"),
    )
    op.create_table(
        "delivery_exception",
        big("store"),
        big("destination"),
        big("seq"),
        text("state"),
        big("code"),
        text("detail"),
        big("at_us"),
        sa.PrimaryKeyConstraint("store", "destination", "seq"),
    )
