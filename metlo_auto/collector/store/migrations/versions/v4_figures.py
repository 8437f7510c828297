"""What pages show of all endpoints is kept; everything that is there is to be gathered once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"


def upgrade() -> None:
    op.create_index("endpoints_by_fold", "endpoints", ["folded_into"])
    op.create_table(
        "stale_figures",
        sa.Column("endpoint_id", sa.Text, primary_key=True),
        sa.Column("n", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "endpoint_figures",
        sa.Column("endpoint_id", sa.Text, primary_key=True),
        sa.Column("classes", sa.Text, nullable=False),
        sa.Column("n_classes", sa.Integer, nullable=False),
        sa.Column("p95", sa.Float),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "exposure_figures",
        sa.Column("endpoint_id", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("section", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("hits", sa.BigInteger, nullable=False),
        sa.Column("observations", sa.BigInteger, nullable=False),
        sa.Column("example", sa.Text, nullable=False),
        sa.Column("dismissed", sa.Integer, nullable=False),
    )
    op.create_index("exposure_figures_by_name", "exposure_figures", ["name", "dismissed", "service"])
    op.create_table(
        "finding_figures",
        sa.Column("endpoint_id", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("since", sa.Float, nullable=False),
        sa.Column("dismissed", sa.Integer, nullable=False),
    )
    op.create_index("finding_figures_by_kind", "finding_figures", ["kind", "dismissed", "service"])
    op.execute("INSERT INTO stale_figures (endpoint_id, n) SELECT id, 1 FROM endpoints")
