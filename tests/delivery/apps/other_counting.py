"""The counting app under servers that have no command of their own: other_counting.py KIND PORT."""

import sys

kind, port = sys.argv[1], int(sys.argv[2])
HOST = "127.0.0.1"
if kind == "gevent":
    from gevent import monkey

    monkey.patch_all()
from counting import app  # noqa: E402

if kind == "gevent":
    from gevent.pywsgi import WSGIServer

    WSGIServer((HOST, port), app).serve_forever()
elif kind == "rocket3":
    from rocket3 import Rocket3

    Rocket3((HOST, port), "wsgi", {"wsgi_app": app}).start()
elif kind == "netius":
    from netius.servers import WSGIServer

    WSGIServer(app).serve(host=HOST, port=port)
elif kind == "aiohttp-wsgi":
    from aiohttp_wsgi import serve

    serve(app, host=HOST, port=port)
elif kind == "bjoern":
    import bjoern

    bjoern.run(app, HOST, port)
elif kind == "fastwsgi":
    import fastwsgi

    fastwsgi.run(app, host=HOST, port=port)
elif kind == "pyruvate":
    import pyruvate

    pyruvate.serve(app, "%s:%d" % (HOST, port), 1)
