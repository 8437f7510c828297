"""The counting app under the standard library's server, which does everything in the main thread."""

import sys
from wsgiref.simple_server import make_server

from counting import app

make_server("127.0.0.1", int(sys.argv[1]), app).serve_forever()
