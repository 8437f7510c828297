# For where the command cannot be changed: `gunicorn app:app` reads this file by itself.
import metlo_auto.auto  # noqa: F401

workers = 2
