"""The counting app under Twisted, by a script of its own."""

import sys

from counting import app
from twisted.internet import reactor
from twisted.web.server import Site
from twisted.web.wsgi import WSGIResource

reactor.listenTCP(int(sys.argv[1]), Site(WSGIResource(reactor, reactor.getThreadPool(), app)), interface="127.0.0.1")
reactor.run()
