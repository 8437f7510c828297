"""Tables that came before stores had a version: a store has had some of them, or none, and gets the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    metadata = sa.MetaData()
    _first_tables(metadata)
    _inventory(metadata)
    _later_tables(metadata)
    metadata.create_all(op.get_bind())


def _first_tables(metadata: sa.MetaData) -> None:
    sa.Table(
        "counters",
        metadata,
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("n", sa.BigInteger, nullable=False),
    )
    sa.Table(
        "seen_batches",
        metadata,
        sa.Column("batch_key", sa.Text, primary_key=True),
        sa.Column("received_at", sa.Float, nullable=False),
        sa.Index("seen_batches_by_time", "received_at"),
    )
    sa.Table(
        "inbox",
        metadata,
        sa.Column("id", _SERIAL, primary_key=True, autoincrement=True),
        sa.Column("received_at", sa.Float, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("traces", sa.Integer, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    sa.Table(
        "set_aside",
        metadata,
        sa.Column("id", _SERIAL, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    sa.Table(
        "dismissals",
        metadata,
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("dismissed_at", sa.Float, nullable=False),
    )
    sa.Table(
        "spent_tokens",
        metadata,
        sa.Column("token", sa.Text, primary_key=True),
        sa.Column("spent_at", sa.Float, nullable=False),
    )
    sa.Table(
        "settings",
        metadata,
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )


def _inventory(metadata: sa.MetaData) -> None:
    sa.Table(
        "endpoints",
        metadata,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("declared", sa.Integer, nullable=False),
        sa.Column("confirmed", sa.Integer, nullable=False),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("errors", sa.BigInteger, nullable=False),
        sa.Column("client_errors", sa.BigInteger, nullable=False),
        sa.Column("authenticated", sa.BigInteger, nullable=False),
        sa.Column("first_seen", sa.Float, nullable=False),
        sa.Column("last_seen", sa.Float, nullable=False),
        sa.Column("folded_into", sa.Text),
    )
    sa.Table(
        "samples",
        metadata,
        sa.Column("id", _SERIAL, primary_key=True, autoincrement=True),
        sa.Column("endpoint_id", sa.Text),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("trace_id", sa.Text),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Index("samples_by_endpoint", "endpoint_id", "id"),
    )
    sa.Table(
        "facts",
        metadata,
        sa.Column("endpoint_id", sa.Text, primary_key=True),
        sa.Column("section", sa.Text, primary_key=True),
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, primary_key=True),
        sa.Column("n", sa.BigInteger, nullable=False),
        sa.Column("first_seen", sa.Float, nullable=False),
        sqlite_with_rowid=False,
    )
    sa.Table(
        "traffic",
        metadata,
        sa.Column("endpoint_id", sa.Text, primary_key=True),
        sa.Column("hour", sa.Integer, primary_key=True),
        sa.Column("bucket", sa.Integer, primary_key=True),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("errors", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    sa.Table(
        "declared_routes",
        metadata,
        sa.Column("app", sa.Text, primary_key=True),
        sa.Column("method", sa.Text, primary_key=True),
        sa.Column("template", sa.Text, primary_key=True),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("declared_at", sa.Float, nullable=False),
    )


def _later_tables(metadata: sa.MetaData) -> None:
    sa.Table(
        "claims",
        metadata,
        sa.Column("batch_id", sa.BigInteger, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("until", sa.Float, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
    )
    sa.Table(
        "declared_details",
        metadata,
        sa.Column("app", sa.Text, primary_key=True),
        sa.Column("method", sa.Text, primary_key=True),
        sa.Column("template", sa.Text, primary_key=True),
        sa.Column("mount", sa.Text, nullable=False),
        sa.Column("parameters", sa.Text, nullable=False),
    )
    sa.Table(
        "test_runs",
        metadata,
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("started_at", sa.Float, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
    )
    sa.Table(
        "test_traces",
        metadata,
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("exception", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
