"""Servers without a command for it: `serve_unix.py KIND PATH` serves raw_app on a Unix socket."""

import socket
import sys

kind, path = sys.argv[1:]
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

    uvicorn.run(WSGIMiddleware(app), uds=path)
elif kind == "gevent":
    from gevent import socket as gevent_socket
    from gevent.pywsgi import WSGIServer

    listener = gevent_socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(16)
    listener.setblocking(False)
    WSGIServer(listener, app).serve_forever()
elif kind == "eventlet":
    from eventlet import wsgi

    wsgi.server(eventlet.listen(path, family=socket.AF_UNIX), app)
elif kind == "bjoern":
    import bjoern

    bjoern.run(app, "unix:" + path)
elif kind == "tornado":
    from tornado.httpserver import HTTPServer
    from tornado.ioloop import IOLoop
    from tornado.netutil import bind_unix_socket
    from tornado.wsgi import WSGIContainer

    HTTPServer(WSGIContainer(app)).add_socket(bind_unix_socket(path))
    IOLoop.current().start()
elif kind == "aiohttp-wsgi":
    from aiohttp_wsgi import serve

    serve(app, unix_socket=path)
