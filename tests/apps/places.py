"""Where an app may stand: alone, mounted in both styles, behind ProxyFix, on IPv6; each answers what it sees."""

from flask import Flask, jsonify, request
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix


def made(name):
    app = Flask(name)

    @app.route("/where/<int:id>")
    def where(id):
        return jsonify(app=name, root=request.script_root, path=request.path, client=request.remote_addr, url=request.url)

    return app


alone = made("alone")

# A WSGI callable around the apps, and one put inside an app.
around = DispatcherMiddleware(made("main"), {"/sub": made("sub"), "/sub/deeper": made("deeper")})
inside = made("inside")
inside.wsgi_app = DispatcherMiddleware(inside.wsgi_app, {"/sub": made("sub").wsgi_app, "/\u00e4".encode().decode("latin-1"): made("umlaut")})

proxied = made("proxied")
proxied.wsgi_app = ProxyFix(proxied.wsgi_app, x_for=2, x_proto=1, x_host=1, x_prefix=1)
