"""How a store of an older version becomes one of this version: Alembic's steps in `versions`, run by `schema_version`.

Each step is frozen: it names its tables itself and imports nothing of the schema as it is today.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from metlo_auto.collector.store import schema


def run(connection: Connection) -> None:
    """Take all steps that the store has not taken, in the caller's transaction."""
    from alembic.config import Config  # here: only a store of an older version has a use for it
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)

    def steps(revision: Any, _context: Any) -> Any:
        return scripts._upgrade_revs(str(schema.VERSION), revision)

    with EnvironmentContext(config, scripts, fn=steps) as environment:
        environment.configure(connection=connection, version_table=schema.schema_version.name)
        environment.run_migrations()
