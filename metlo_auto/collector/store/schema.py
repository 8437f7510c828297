"""The tables: inbox, inventory, samples, counters. Columns that several writers merge are sums, minima,
maxima, unions.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from metlo_auto.collector.store.tables_version import VERSION as VERSION

GENERATION = "generation"  # a counter: goes up whenever rows are deleted or change their form, and analysers learn anew
metadata = MetaData()
_SERIAL = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself for INTEGER only

schema_version = Table(  # one row, written by Alembic; no row and no table in stores of the time before
    "metlo_schema_version",
    metadata,
    Column("version_num", String(32), primary_key=True),
)

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),
)

seen_batches = Table(  # ids of batches that were responded with 200, so that a retry is not applied again
    "seen_batches",
    metadata,
    Column("batch_key", Text, primary_key=True),
    Column("received_at", Float, nullable=False),
    Index("seen_batches_by_time", "received_at"),
)

inbox = Table(  # acknowledged and not yet analysed; a row leaves in the transaction that applies it
    "inbox",
    metadata,
    Column("id", _SERIAL, primary_key=True, autoincrement=True),
    Column("received_at", Float, nullable=False),
    Column("version", Integer, nullable=False),
    Column("traces", Integer, nullable=False),  # leading traces of the body that were taken
    Column("size", Integer, nullable=False),  # bytes of body
    Column("body", LargeBinary, nullable=False),  # the upload as received, inflated
)

claims = Table(  # batches that an analyser works on: no transaction is open meanwhile
    "claims",
    metadata,
    Column("batch_id", BigInteger, primary_key=True),  # inbox.id
    Column("owner", Text, nullable=False),
    Column("until", Float, nullable=False),  # when the claim ends; 0 where its owner gave it back
    Column("failures", Integer, nullable=False),  # how often an analyser failed, or ended, with the batch in its hands
)

endpoints = Table(
    "endpoints",
    metadata,
    Column("id", Text, primary_key=True),  # digest of method, service and template: any writer finds it by itself
    Column("service", Text, nullable=False, server_default=""),
    Column("host", Text, nullable=False),  # one that it was called under; all of them are in `endpoint_hosts`
    Column("method", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("declared", Integer, nullable=False),  # 1: the template came from the agent
    Column("confirmed", Integer, nullable=False),  # 1: responded with anything but 404 and 405 at least once
    Column("calls", BigInteger, nullable=False),
    Column("errors", BigInteger, nullable=False),  # status 500 and above
    Column("client_errors", BigInteger, nullable=False),  # status 400 to 499
    Column("authenticated", BigInteger, nullable=False),  # calls that carried credentials
    Column("first_seen", Float, nullable=False),  # seconds since the epoch
    Column("last_seen", Float, nullable=False),
    Column("folded_into", Text),  # id of the endpoint that this one is shown with
    Index("endpoints_by_service", "service"),
    Index("endpoints_by_fold", "folded_into"),
)

endpoint_hosts = Table(  # calls by host, `*` for those beyond a few
    "endpoint_hosts",
    metadata,
    Column("endpoint_id", Text, primary_key=True),
    Column("host", Text, primary_key=True),
    Column("calls", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

samples = Table(  # a ring: the latest traces, whole
    "samples",
    metadata,
    Column("id", _SERIAL, primary_key=True, autoincrement=True),
    Column("endpoint_id", Text),
    Column("at", Float, nullable=False),
    Column("trace_id", Text),
    Column("method", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("service", Text, nullable=False, server_default=""),
    Column("host", Text, nullable=False, server_default=""),
    Column("body", LargeBinary, nullable=False),  # last: SQLite reads what stands before it without it
    Index("samples_by_endpoint", "endpoint_id", "id"),
    Index("samples_by_service", "service", "id"),
)

set_aside = Table(  # traces that cannot be analysed, with the reason
    "set_aside",
    metadata,
    Column("id", _SERIAL, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

# everything countable about an endpoint's fields: n observations of `kind` (and `value`) at `path`
facts = Table(
    "facts",
    metadata,
    Column("endpoint_id", Text, primary_key=True),
    Column("section", Text, primary_key=True),  # e.g. "req.query", "res.body 2xx application/json"
    Column("path", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),
    Column("first_seen", Float, nullable=False),
    sqlite_with_rowid=False,  # the key is most of the row: keep it once
)

traffic = Table(  # calls by hour and latency bucket, of the last days; on PostgreSQL a partition for each day
    "traffic",
    metadata,
    Column("endpoint_id", Text, primary_key=True),
    Column("hour", Integer, primary_key=True),  # hours since the epoch
    Column("bucket", Integer, primary_key=True),  # see latency.py
    Column("calls", BigInteger, nullable=False),
    Column("errors", BigInteger, nullable=False),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (hour)",
)

traffic_days = Table(  # calls by day and latency bucket, of the days before those
    "traffic_days",
    metadata,
    Column("endpoint_id", Text, primary_key=True),
    Column("day", Integer, primary_key=True),  # days since the epoch
    Column("bucket", Integer, primary_key=True),
    Column("calls", BigInteger, nullable=False),
    Column("errors", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# What follows is derived from the tables above and kept so that a page reads only what it shows: `inventory/figures`
# brings it up to date for the endpoints of `stale_figures`. All ids but those are of endpoints that are shown.
stale_figures = Table(  # endpoints with traffic that their figures do not show yet
    "stale_figures",
    metadata,
    Column("endpoint_id", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),  # goes up with each change
    sqlite_with_rowid=False,
)

endpoint_figures = Table(
    "endpoint_figures",
    metadata,
    Column("endpoint_id", Text, primary_key=True),
    Column("classes", Text, nullable=False),  # names of sensitive data, with blanks between
    Column("n_classes", Integer, nullable=False),
    Column("p95", Float),  # milliseconds, of the day before the last call
    sqlite_with_rowid=False,
)

exposure_figures = Table(  # fields with a class of sensitive data
    "exposure_figures",
    metadata,
    Column("endpoint_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("service", Text, nullable=False),
    Column("section", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("name", Text, nullable=False),  # of the class
    Column("hits", BigInteger, nullable=False),
    Column("observations", BigInteger, nullable=False),
    Column("example", Text, nullable=False),  # masked
    Column("dismissed", Integer, nullable=False),
    Index("exposure_figures_by_name", "name", "dismissed", "service"),
)

finding_figures = Table(
    "finding_figures",
    metadata,
    Column("endpoint_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("since", Float, nullable=False),  # of news: when it was first seen; of all others far ahead
    Column("dismissed", Integer, nullable=False),
    Index("finding_figures_by_kind", "kind", "dismissed", "service"),
)

declared_routes = Table(
    "declared_routes",
    metadata,
    Column("service", Text, primary_key=True, server_default=""),  # "" where the agent named none
    Column("app", Text, primary_key=True),
    Column("method", Text, primary_key=True),
    Column("template", Text, primary_key=True),
    Column("endpoint", Text, nullable=False),  # the framework's name of it
    Column("file", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("declared_at", Float, nullable=False),
)

declared_details = Table(  # of those routes that have any
    "declared_details",
    metadata,
    Column("service", Text, primary_key=True, server_default=""),
    Column("app", Text, primary_key=True),
    Column("method", Text, primary_key=True),
    Column("template", Text, primary_key=True),
    Column("mount", Text, nullable=False),  # SCRIPT_NAME
    Column("parameters", Text, nullable=False),  # JSON: [[name, type], …]
)

dismissals = Table(  # what a person looked at and does not want to see again
    "dismissals",
    metadata,
    Column("what", Text, primary_key=True),
    Column("dismissed_at", Float, nullable=False),
)

spent_tokens = Table(
    "spent_tokens",
    metadata,
    Column("token", Text, primary_key=True),
    Column("spent_at", Float, nullable=False),
)

settings = Table(
    "settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

runs = Table(  # of apps under `metlo-run --local`, once they have ended
    "runs",
    metadata,
    Column("run", Text, primary_key=True),
    Column("started_at", Float, nullable=False),
    Column("ended_at", Float, nullable=False),
)

finding_marks = Table(  # findings that a run has left behind
    "finding_marks",
    metadata,
    Column("what", Text, primary_key=True),
    Column("first_seen", Float, nullable=False),
)

test_runs = Table(  # runs of `metlo-collector test`; known before the first request, so that its traces are told apart
    "test_runs",
    metadata,
    Column("run", Text, primary_key=True),
    Column("started_at", Float, nullable=False),
    Column("target", Text, nullable=False),
    Column("result", Text, nullable=False),  # JSON; "" until it ends
)

test_traces = Table(  # what the agent saw of a run's requests; they are in no other table
    "test_traces",
    metadata,
    Column("run", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("status", Integer, nullable=False),
    Column("exception", Text, nullable=False),
    sqlite_with_rowid=False,
)
