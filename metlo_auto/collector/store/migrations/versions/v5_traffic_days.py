"""Calls by hour become calls by day after some days; on PostgreSQL the hours of each day are a partition."""

from __future__ import annotations

import time

import sqlalchemy as sa
from alembic import op

revision = "5"
down_revision = "4"

_DAYS_BY_HOUR = 3


def upgrade() -> None:
    today = int(time.time() // 86_400)
    op.create_table(
        "traffic_days",
        sa.Column("endpoint_id", sa.Text, primary_key=True),
        sa.Column("day", sa.Integer, primary_key=True),
        sa.Column("bucket", sa.Integer, primary_key=True),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("errors", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO traffic_days (endpoint_id, day, bucket, calls, errors) "
        "SELECT endpoint_id, hour / 24, bucket, SUM(calls), SUM(errors) FROM traffic "
        f"WHERE hour < {(today - _DAYS_BY_HOUR) * 24} GROUP BY 1, 2, 3"
    )
    op.execute(f"DELETE FROM traffic WHERE hour < {(today - _DAYS_BY_HOUR) * 24}")
    if op.get_bind().dialect.name == "postgresql":
        _divide()


def _divide() -> None:
    """A table cannot become one of partitions: another takes its place."""
    op.rename_table("traffic", "traffic_before")
    op.execute("ALTER INDEX traffic_pkey RENAME TO traffic_before_pkey")
    op.create_table(
        "traffic",
        sa.Column("endpoint_id", sa.Text, primary_key=True),
        sa.Column("hour", sa.Integer, primary_key=True),
        sa.Column("bucket", sa.Integer, primary_key=True),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("errors", sa.BigInteger, nullable=False),
        postgresql_partition_by="RANGE (hour)",
    )
    for day in op.get_bind().scalars(sa.text("SELECT DISTINCT hour / 24 FROM traffic_before ORDER BY 1")).all():
        op.execute(f"CREATE TABLE traffic_{day} PARTITION OF traffic FOR VALUES FROM ({day * 24}) TO ({day * 24 + 24})")
    op.execute("INSERT INTO traffic SELECT endpoint_id, hour, bucket, calls, errors FROM traffic_before")
    op.drop_table("traffic_before")
