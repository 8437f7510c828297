"""The counting app under servers that fork for each request: Werkzeug's, or the standard library's."""

import os
import sys
from socketserver import ForkingMixIn
from wsgiref.simple_server import WSGIServer, make_server

import leaving
from counting import app

leave = os._exit


def leave_numbers(status):
    leaving.leave_numbers()
    leave(status)


class Server(ForkingMixIn, WSGIServer):
    """Stays while it answers up to forty."""


os._exit = leave_numbers  # the children's only way out
if sys.argv[1] == "werkzeug":
    app.run(port=int(sys.argv[2]), threaded=False, processes=4)
else:
    make_server("127.0.0.1", int(sys.argv[2]), app, Server).serve_forever()
