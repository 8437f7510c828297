"""Settings: what is kept and for how long, every counter, and the two ways of deleting."""

from __future__ import annotations

from metlo_auto.collector import queries
from metlo_auto.collector.page.blueprint import blueprint, engine
from metlo_auto.collector.page.rendering import render


@blueprint.get("/settings")
def settings() -> str:
    with engine().connect() as connection:
        status = queries.status(connection)
        return render(connection, "settings.html", "Settings", status, counts=status)
