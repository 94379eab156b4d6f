"""Courses that came in a package.

Revision ID: launcher_0002
Revises: launcher_0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "launcher_0002"
down_revision = "launcher_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("course", sa.Column("package", sa.Text, nullable=True))
