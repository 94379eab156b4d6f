"""The first schema of the launcher.

Revision ID: launcher_0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "launcher_0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def bigs(*names: str, nullable: bool = False) -> list[sa.Column[int]]:
    return [sa.Column(name, BIG, nullable=nullable, autoincrement=False) for name in names]


def texts(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=nullable) for name in names]


def blobs(*names: str) -> list[sa.Column[bytes]]:
    return [sa.Column(name, sa.LargeBinary, nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "person",
        *bigs("store"),
        *texts("id", "given_name", "family_name", "role", "status"),
        *bigs("revision", "created_us"),
        sa.PrimaryKeyConstraint("store", "id"),
    )
    op.create_table(
        "course",
        *bigs("store"),
        *texts("id", "publisher_id", "version", "title"),
        *blobs("structure", "source"),
        *bigs("revision", "imported_us"),
        sa.PrimaryKeyConstraint("store", "id"),
    )
    op.create_table(
        "activity",
        *bigs("store"),
        *texts("iri", "course", "kind", "publisher_id"),
        *bigs("au", nullable=True),
        sa.PrimaryKeyConstraint("store", "iri"),
    )
    op.create_table(
        "registration",
        *bigs("store"),
        *texts("id", "course", "learner", "actor"),
        *bigs("revision", "created_us"),
        sa.PrimaryKeyConstraint("store", "id"),
    )
    op.create_index("registration_learner", "registration", ["store", "course", "learner"])
    op.create_table(
        "unit",
        *bigs("store"),
        *texts("registration"),
        *bigs("au"),
        *texts("move_on"),
        *bigs("passed", "completed", "waived"),
        sa.PrimaryKeyConstraint("store", "registration", "au"),
    )
    op.create_table(
        "satisfied_node",
        *bigs("store"),
        *texts("registration", "node"),
        sa.PrimaryKeyConstraint("store", "registration", "node"),
    )
    op.create_table(
        "session",
        *bigs("store"),
        *texts("id", "registration", "course"),
        *bigs("au"),
        *texts("actor", "activity", "publisher_id", "launch_mode", "move_on"),
        *texts("mastery_score", nullable=True),
        *texts("phase", "used_verbs"),
        *bigs("launched_us"),
        *texts("fetch_digest"),
        *bigs("fetch_until_us"),
        *bigs("fetched_us", "credential", nullable=True),
        sa.PrimaryKeyConstraint("store", "id"),
    )
    op.create_index("session_fetch", "session", ["fetch_digest"], unique=True)
    op.create_index("session_registration", "session", ["store", "registration", "phase"])
    op.create_table(
        "session_event",
        sa.Column("id", BIG, primary_key=True),
        *bigs("store"),
        *texts("session"),
        *bigs("at_us"),
        *texts("kind", "detail"),
    )
    op.create_index("session_event_of", "session_event", ["store", "session"])
    op.create_table(
        "progress",
        *bigs("store"),
        *texts("registration", "activity", "learner"),
        *bigs("first_us", "last_us", "launches"),
        *bigs("passed_us", "failed_us", "completed_us", "satisfied_us", "waived_us", nullable=True),
        *texts("best_score", "latest_score", nullable=True),
        *bigs("latest_score_us", nullable=True),
        *bigs("stored_us"),
        sa.PrimaryKeyConstraint("store", "registration", "activity"),
    )
