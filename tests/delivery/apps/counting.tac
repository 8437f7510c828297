# The counting app as a service of twistd, which reads this file.
import os
import sys

sys.path.insert(0, os.getcwd())
from counting import app  # noqa: E402

from twisted.application.internet import TCPServer  # noqa: E402
from twisted.application.service import Application  # noqa: E402
from twisted.internet import reactor  # noqa: E402
from twisted.web.server import Site  # noqa: E402
from twisted.web.wsgi import WSGIResource  # noqa: E402

application = Application("counting")
site = Site(WSGIResource(reactor, reactor.getThreadPool(), app))
TCPServer(int(os.environ["PORT"]), site, interface="127.0.0.1").setServiceParent(application)
