"""The example shop as a user of Metlo's own agent would have it."""

import os

from metlo.flask import MetloFlask
from shop import create_app

app = create_app()
MetloFlask(app, os.environ["OTHER_HOST"], os.environ["OTHER_KEY"])
