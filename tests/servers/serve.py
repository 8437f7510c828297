"""Servers without a command of their own: `serve.py KIND PORT` serves raw_app."""

import sys

kind, port = sys.argv[1], int(sys.argv[2])
HOST = "127.0.0.1"
if kind == "eventlet":
    import eventlet

    eventlet.monkey_patch()
if kind == "gevent":
    from gevent import monkey

    monkey.patch_all()
from raw_app import app  # noqa: E402

if kind == "uvicorn":
    import uvicorn
    from a2wsgi import WSGIMiddleware

    uvicorn.run(WSGIMiddleware(app), host=HOST, port=port)
elif kind == "gevent":
    from gevent.pywsgi import WSGIServer

    WSGIServer((HOST, port), app).serve_forever()
elif kind == "eventlet":
    from eventlet import wsgi

    wsgi.server(eventlet.listen((HOST, port)), app)
elif kind == "twisted":
    from twisted.internet import reactor
    from twisted.web.server import Site
    from twisted.web.wsgi import WSGIResource

    reactor.listenTCP(port, Site(WSGIResource(reactor, reactor.getThreadPool(), app)), interface=HOST)
    reactor.run()
elif kind == "wsgiref":
    from wsgiref.simple_server import make_server

    make_server(HOST, port, app).serve_forever()
elif kind == "pyruvate":
    import pyruvate

    pyruvate.serve(app, "%s:%d" % (HOST, port), 2)
elif kind == "fastwsgi":
    import fastwsgi

    fastwsgi.run(app, host=HOST, port=port)
elif kind == "bjoern":
    import bjoern

    bjoern.run(app, HOST, port)
elif kind == "tornado":
    from tornado.httpserver import HTTPServer
    from tornado.ioloop import IOLoop
    from tornado.wsgi import WSGIContainer

    HTTPServer(WSGIContainer(app)).listen(port, HOST)
    IOLoop.current().start()
elif kind == "aiohttp-wsgi":
    from aiohttp_wsgi import serve

    serve(app, host=HOST, port=port)
elif kind == "netius":
    from netius.servers import WSGIServer

    WSGIServer(app).serve(host=HOST, port=port)
elif kind == "rocket3":
    from rocket3 import Rocket3

    Rocket3((HOST, port), "wsgi", {"wsgi_app": app}).start()
