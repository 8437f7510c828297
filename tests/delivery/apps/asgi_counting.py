"""The counting app behind adapters from ASGI."""

from a2wsgi import WSGIMiddleware
from counting import app as wsgi

app = WSGIMiddleware(wsgi)
