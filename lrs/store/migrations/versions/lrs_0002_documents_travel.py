"""Documents travel: what each destination has of them, and what was kept aside.

Revision ID: lrs_0002
Revises: lrs_0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "lrs_0002"
down_revision = "lrs_0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = ("kind", "activity", "agent", "registration", "name")


def big(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, BIG, nullable=nullable, autoincrement=False)


def row_id() -> sa.Column[int]:
    return sa.Column("id", BIG, primary_key=True)


def text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def blob(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def upgrade() -> None:
    op.add_column("document", big("written_us", nullable=True))
    op.create_table(
        "document_link",
        *(big(name) for name in ("store", "destination")),
        *(text(name) for name in KEY),
        *(text(name, nullable=True) for name in ("etag", "digest")),
        text("sent"),
        big("revision"),
        big("gone", nullable=True),
        text("state"),
        big("code"),
        text("detail"),
        big("at_us"),
        sa.PrimaryKeyConstraint("store", "destination", *KEY),
    )
    op.create_index("document_link_gone", "document_link", ["store", "destination", "gone"])
    op.create_table(
        "document_lane",
        *(big(name) for name in ("store", "destination", "cursor")),
        *(text(name) for name in ("state", "reason")),
        *(big(name) for name in ("attempts", "not_before_us", "computed_at_us")),
        big("pulled_us", nullable=True),
        sa.PrimaryKeyConstraint("store", "destination"),
    )
    op.create_table(
        "document_pull",
        *(big(name) for name in ("store", "destination")),
        *(text(name) for name in KEY[:-1]),
        *(big(name) for name in ("since_us", "looks")),
        sa.PrimaryKeyConstraint("store", "destination", *KEY[:-1]),
    )
    op.create_table(
        "document_aside",
        big("store"),
        row_id(),
        big("destination"),
        *(text(name) for name in (*KEY, "content_type")),
        blob("content"),
        text("side"),
        big("written_us", nullable=True),
        big("at_us"),
    )
