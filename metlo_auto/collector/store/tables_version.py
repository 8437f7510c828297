"""Which version of the tables this collector has; apart from them, for who reads without SQLAlchemy."""

VERSION = 5  # of the tables: a change of them goes with a step in `migrations/versions`
