"""The app for servers that want a name."""

from tests.apps.vulnerable import create_app

app = create_app()
