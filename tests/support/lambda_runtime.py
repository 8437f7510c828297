"""The API that AWS Lambda's runtime asks for invocations, over real HTTP, and the stop of the process between them."""

import json
import os
import queue
import signal
import socketserver
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Dict, List, Optional, Sequence

INVOCATION = "/2018-06-01/runtime/invocation/"
DEADLINE = 30.0  # seconds for whatever a test waits for


def event(path: str, method: str = "GET", body: Optional[str] = None, query: Optional[Dict[str, List[str]]] = None) -> Any:
    """What API Gateway makes of a request (payload format 1.0)."""
    headers = {
        "Host": "abc123.execute-api.eu-west-1.amazonaws.com", "Accept": "*/*", "Content-Type": "application/json",
        "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Port": "443", "X-Forwarded-Proto": "https",
    }  # fmt: skip
    return {
        "resource": "/{proxy+}", "path": path, "httpMethod": method, "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} if query else None,
        "multiValueQueryStringParameters": query, "pathParameters": {"proxy": path[1:]}, "stageVariables": None,
        "requestContext": {"stage": "prod", "path": "/prod" + path, "httpMethod": method, "protocol": "HTTP/1.1",
                           "identity": {"sourceIp": "203.0.113.7", "userAgent": "curl/8.5"}, "requestId": "r"},
        "body": body, "isBase64Encoded": False,
    }  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        lambda_ = self.server.of
        lambda_.waits.set()
        invocation = lambda_.invocations.get()
        lambda_.waits.clear()
        if invocation is None:
            return
        number, body, seconds = invocation
        ends = int((time.time() + seconds) * 1000)
        self._send(200, json.dumps(body).encode(), {
            "Lambda-Runtime-Aws-Request-Id": "id-%d" % number, "Lambda-Runtime-Deadline-Ms": str(ends),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:111122223333:function:shop",
            "Content-Type": "application/json"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.of.results.put((self.path, json.loads(body)))
        self._send(202, b"", {})

    def _send(self, status: int, body: bytes, headers: Dict[str, str]) -> None:
        self.send_response(status)
        for name, value in dict(headers, **{"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class _Server(socketserver.ThreadingMixIn, HTTPServer):
    daemon_threads = True


class LambdaRuntime:
    """A process of the real runtime client (`awslambdaric`), which is stopped wherever Lambda would stop it."""

    def __init__(self, command: Sequence[str], handler: str, environ: Dict[str, str], cwd: Any) -> None:
        self.invocations: "queue.Queue[Any]" = queue.Queue()
        self.results: "queue.Queue[Any]" = queue.Queue()
        self.waits = threading.Event()
        self._number = 0
        self._stopped = False
        self._api = _Server(("127.0.0.1", 0), _Handler)
        self._api.of = self  # type: ignore[attr-defined]
        threading.Thread(target=self._api.serve_forever, daemon=True).start()
        named = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:%d" % self._api.server_port, "LAMBDA_TASK_ROOT": str(cwd),
                 "AWS_LAMBDA_FUNCTION_NAME": "shop", "AWS_LAMBDA_FUNCTION_VERSION": "1", "_HANDLER": handler,
                 "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128", "AWS_LAMBDA_LOG_GROUP_NAME": "group",
                 "AWS_LAMBDA_LOG_STREAM_NAME": "stream"}
        self.log = cwd / "lambda.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, handler], env=dict(environ, **named), cwd=str(cwd),
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    def __enter__(self) -> "LambdaRuntime":
        return self

    def __exit__(self, *exc: object) -> None:
        self.kill()
        self.invocations.put(None)
        self._api.shutdown()
        self._api.server_close()

    def invoke(self, body: Any, seconds: float = 30.0) -> Any:
        """The handler's result; from then on the process works until it asks for the next one, and is stopped then.

        `seconds`: until Lambda would end the invocation.
        """
        self.stop()
        self._stopped = False
        self.process.send_signal(signal.SIGCONT)
        self._number += 1
        self.waits.clear()
        self.invocations.put((self._number, body, seconds))
        path, result = self.results.get(timeout=DEADLINE)
        assert path == "%sid-%d/response" % (INVOCATION, self._number), (path, result)
        return result

    def kill(self) -> None:
        """As Lambda does with a process for which it has nothing more: stopped, then without a signal."""
        if self.process.poll() is None:
            self.stop()
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """Stops the process as soon as it asks for an invocation; whatever it does after its result is over then."""
        if self._stopped:
            return
        assert self.waits.wait(DEADLINE), self.log.read_text()
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)
        self._stopped = True
