"""What the page's script asks every two seconds: whether anything changed since the page was made."""

from __future__ import annotations

import hashlib

from flask import Response, current_app, jsonify
from sqlalchemy import func, select

from metlo_auto.collector.page.blueprint import blueprint, engine
from metlo_auto.collector.store import counters
from metlo_auto.collector.store.database import reading
from metlo_auto.collector.store.schema import dismissals


@blueprint.get("/pulse")
def pulse() -> Response:
    """`{"now": TEXT}`: another text once there is something else to show."""
    with reading(engine()) as connection:
        counts = counters.read(connection)
        gone = connection.scalar(select(func.count()).select_from(dismissals))
    moving = sorted((name, n) for name, n in counts.items() if name != "sample_bytes")
    verified = current_app.config["FACTS"]().get("verified_at")
    return jsonify(now=hashlib.blake2b(repr((moving, gone, verified)).encode(), digest_size=8).hexdigest())
