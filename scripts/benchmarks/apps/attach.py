"""How each agent that needs a line in the app gets it, as its own documentation says."""

import os

HOST = os.environ.get("BENCH_COLLECTOR", "")


def metlo(app):
    from metlo.flask import MetloFlask

    MetloFlask(app, HOST, "bench-key")


def elastic(app):
    from elasticapm.contrib.flask import ElasticAPM

    app.config["ELASTIC_APM"] = {
        "SERVICE_NAME": "bench",
        "SERVER_URL": HOST,
        "CAPTURE_BODY": "all",
        "API_REQUEST_TIME": "1s",
        "CENTRAL_CONFIG": False,
        "METRICS_INTERVAL": "0s",
    }
    ElasticAPM(app)


def sentry(app):
    import sentry_sdk

    scheme, _, rest = HOST.partition("://")
    sentry_sdk.init(dsn="%s://key@%s/1" % (scheme, rest), traces_sample_rate=1.0, max_request_body_size="always")


def moesif(app):
    from moesifwsgi import MoesifMiddleware

    app.wsgi_app = MoesifMiddleware(
        app.wsgi_app,
        {"APPLICATION_ID": "bench", "LOG_BODY": True, "BASE_URI": HOST, "CAPTURE_OUTGOING_REQUESTS": False},
    )


def apitally(app):
    from apitally.flask import init

    init(app, write_token="apt_" + "x" * 24, env="bench", otlp_endpoint=HOST, capture_request_headers=True,
         capture_request_body=True, capture_response_headers=True, capture_response_body=True)


def attach(name, app):
    """`name` of a function of this module, or "" where the agent comes from outside or there is none."""
    if name:
        globals()[name](app)
