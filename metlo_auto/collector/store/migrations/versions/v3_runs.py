"""Runs of apps under `metlo-run --local`, and when each finding was first there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    op.create_table(
        "runs",
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("started_at", sa.Float, nullable=False),
        sa.Column("ended_at", sa.Float, nullable=False),
    )
    op.create_table(
        "finding_marks",
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("first_seen", sa.Float, nullable=False),
    )
