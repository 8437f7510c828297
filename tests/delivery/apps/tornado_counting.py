"""The counting app in Tornado's container, which calls it in the thread of the event loop."""

import sys

from counting import app
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.wsgi import WSGIContainer

HTTPServer(WSGIContainer(app)).listen(int(sys.argv[1]), "127.0.0.1")
IOLoop.current().start()
