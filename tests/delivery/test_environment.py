"""What the environment says about connections is heeded, and nothing of it changes our key or traces our posts."""

import select
import socket
import socketserver
import ssl
import subprocess
import threading
import time
import warnings

import pytest

from tests.delivery.settings import make_trace, wait_for_stats
from tests.delivery.test_exits import run
from tests.support.faulty_collector import FaultyCollector, status

pytestmark = pytest.mark.core

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def certificate(tmp_path):
    """A server's context with a certificate of its own, and its file."""
    file = tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1,DNS:collector.invalid", "-keyout", str(tmp_path / "key.pem"), "-out", str(file)]
    try:
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs openssl to make a certificate")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if hasattr(ssl, "PROTOCOL_TLS_SERVER") else ssl.PROTOCOL_TLS)
    context.load_cert_chain(str(file), str(tmp_path / "key.pem"))
    return context, file


def test_an_unknown_ca_is_not_trusted_and_the_traces_are_kept(certificate, deliver, tmp_path):
    with FaultyCollector(tls=certificate[0]) as collector:
        delivery = deliver(collector.host, tmp_path)
        delivery.submit(make_trace(1))
        delivery.flush(20)
        assert delivery.stats()["spooled"] == 1
        assert not collector.posts


def test_the_ca_bundle_of_the_environment_is_used(certificate, deliver, tmp_path, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[1]))
    with FaultyCollector(tls=certificate[0]) as collector:
        delivery = deliver(collector.host, tmp_path)
        for name in range(5):
            delivery.submit(make_trace(name))
            collector.wait_for([name])
        assert collector.connections == 1


def test_a_clock_that_is_years_off_warns_nobody_over_tls(certificate, deliver, monkeypatch):
    from urllib3.exceptions import SystemTimeWarning

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[1]))
    with FaultyCollector(tls=certificate[0]) as collector, warnings.catch_warnings():
        warnings.simplefilter("error", SystemTimeWarning)
        monkeypatch.setattr(time, "time", lambda: 0.0)
        deliver(collector.host).submit(make_trace(1))
        collector.wait_for([1])


def test_netrc_never_replaces_the_key(deliver, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with FaultyCollector() as collector:
        deliver(collector.host, tmp_path).submit(make_trace(1))
        collector.wait_for([1])
        assert collector.posts[0].key == "test-key"


def test_the_proxy_of_the_environment_is_used(deliver, tmp_path, monkeypatch):
    with FaultyCollector() as proxy:
        monkeypatch.setenv("http_proxy", proxy.host)
        deliver("http://collector.invalid", tmp_path).submit(make_trace(1))
        proxy.wait_for([1])
        assert "http://collector.invalid/api/v1/log-request/batch" in [post.path for post in proxy.posts]


class Socks(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """A SOCKS5 proxy, as far as it connects to an IPv4 address or a name that is ours; `asked` by whom it was used."""

    daemon_threads = True

    class RequestHandlerClass(socketserver.StreamRequestHandler):
        def handle(self):
            self.rfile.read(self.rfile.read(2)[1])
            self.wfile.write(b"\x05\x00")
            kind = self.rfile.read(4)[3]
            self.rfile.read(4 if kind == 1 else self.rfile.read(1)[0])
            port = int.from_bytes(self.rfile.read(2), "big")
            self.server.asked.append(port)
            there = socket.create_connection(("127.0.0.1", port))
            self.wfile.write(b"\x05\x00\x00\x01" + bytes(6))
            threading.Thread(target=self.pump, args=(there, self.connection), daemon=True).start()
            self.pump(self.connection, there)

        def pump(self, source, target):
            for data in iter(lambda: source.recv(65536), b""):
                target.sendall(data)

    def __init__(self):
        self.asked = []
        super().__init__(("127.0.0.1", 0), self.RequestHandlerClass)


def test_a_socks_proxy_of_the_environment_is_used(deliver, tmp_path, monkeypatch):
    pytest.importorskip("socks")
    with FaultyCollector() as collector:
        proxy = Socks()
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        monkeypatch.setenv("all_proxy", "socks5h://127.0.0.1:%d" % proxy.server_address[1])
        try:
            deliver("http://collector.invalid:%d" % collector.port, tmp_path).submit(make_trace(1))
            collector.wait_for([1])
            assert proxy.asked == [collector.port]
        finally:
            proxy.shutdown()
            proxy.server_close()


class Tunnels(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """A proxy that connects to where it is told; asked over TLS where it has a context. `asked` for what."""

    daemon_threads = True

    class RequestHandlerClass(socketserver.BaseRequestHandler):
        def handle(self):
            tls = self.server.tls
            client = tls.wrap_socket(self.request, server_side=True) if tls else self.request
            file = client.makefile("rb")
            self.server.asked.append(file.readline().decode().split()[:2])
            while file.readline().strip():
                pass
            there = socket.create_connection(("127.0.0.1", int(self.server.asked[-1][1].rpartition(":")[2])))
            client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            while True:  # in turn by one thread: two may not use one TLS connection at a time
                for source in [client] if tls and client.pending() else select.select([client, there], [], [])[0]:
                    data = source.recv(65536)
                    if not data:
                        return
                    (there if source is client else client).sendall(data)

    def __init__(self, tls=None):
        self.tls, self.asked = tls, []
        super().__init__(("127.0.0.1", 0), self.RequestHandlerClass)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_collector_of_https_is_reached_through_a_proxy_of_either_kind(scheme, certificate, deliver, tmp_path, monkeypatch):
    """Through one of https: TLS in TLS."""
    urllib3 = pytest.importorskip("urllib3")
    if scheme == "https" and tuple(map(int, urllib3.__version__.split(".")[:2])) < (1, 26):
        pytest.skip("urllib3 speaks TLS to a proxy from 1.26 on")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[1]))
    proxy = Tunnels(certificate[0] if scheme == "https" else None)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    monkeypatch.setenv("https_proxy", "%s://127.0.0.1:%d" % (scheme, proxy.server_address[1]))
    try:
        with FaultyCollector(tls=certificate[0]) as collector:
            delivery = deliver(collector.host.replace("127.0.0.1", "collector.invalid"), tmp_path)
            delivery.submit(make_trace(1))
            collector.wait_for([1])
            assert collector.posts[0].key == "test-key"
            assert {tuple(it) for it in proxy.asked} == {("CONNECT", "collector.invalid:%d" % collector.port)}
    finally:
        proxy.shutdown()
        proxy.server_close()


def test_a_redirect_gets_neither_key_nor_traces(deliver, tmp_path):
    with FaultyCollector() as elsewhere:
        with FaultyCollector(status(307, Location=elsewhere.host + "/api/v1/log-request/batch")) as collector:
            delivery = deliver(collector.host, tmp_path)
            delivery.submit(make_trace(1))
            delivery.flush(20)
            wait_for_stats(delivery, lambda stats: stats["spooled"] == 1)
        assert not elsewhere.posts


@pytest.mark.parametrize("compress, encoding", [("true", "gzip"), ("false", None), ("auto", None)])
def test_compression_is_as_asked_and_auto_means_none_on_loopback(compress, encoding, deliver):
    with FaultyCollector() as collector:
        deliver(collector.host, compress=compress).submit(make_trace(1, body="é" * 100000))
        collector.wait_for([1])
        assert collector.posts[0].headers.get("content-encoding") == encoding
        assert collector.posts[0].traces[0]["response"]["body"] == "é" * 100000


def test_a_path_prefix_of_the_collector_is_kept(deliver):
    with FaultyCollector() as collector:
        deliver(collector.host + "/metlo/").submit(make_trace(1))
        collector.wait_for([1])
        assert "/metlo/api/v1/log-request/batch" in [post.path for post in collector.posts]


def test_requests_is_imported_by_the_sender_alone(tmp_path):
    code = "print('requests' in sys.modules); print(threading.active_count()); delivery.submit(make_trace(1))"
    with FaultyCollector() as collector:
        done = run(code, collector, tmp_path)
        collector.wait_for([1])
    assert done.stdout.decode().split() == ["False", "1"]


def test_where_warnings_are_errors_nobody_hears_of_socks_and_all_arrives(tmp_path):
    code = """
import warnings
sys.modules["socks"] = None  # PySocks is not here
warnings.simplefilter("error")
warnings.simplefilter = lambda *args, **more: None  # as a test runner undoes the filter of requests, but each time
delivery.submit(make_trace(1))
delivery.flush(20)
try:
    import urllib3.contrib.socks
except Warning as warning:
    print(type(warning).__name__)
"""
    with FaultyCollector() as collector:
        done = run(code, collector, tmp_path)
        collector.wait_for([1])
        assert len(collector.posts) == 1
    assert done.stderr.decode() == ""
    assert done.stdout.decode().split() == ["DependencyWarning"], "the app's own import does what it did"


def test_opentelemetry_makes_no_spans_of_our_posts(deliver):
    pytest.importorskip("opentelemetry.instrumentation.requests")
    pytest.importorskip("opentelemetry.instrumentation.urllib3")
    from opentelemetry.instrumentation.requests import RequestsInstrumentor
    from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    RequestsInstrumentor().instrument(tracer_provider=provider)
    URLLib3Instrumentor().instrument(tracer_provider=provider)
    try:
        with FaultyCollector() as collector:
            deliver(collector.host).submit(make_trace(1))
            collector.wait_for([1])
            assert exporter.get_finished_spans() == ()
            import requests

            requests.post(collector.host + "/api/v1/log-request/batch", data="[]", timeout=10)
        assert exporter.get_finished_spans() != (), "the app's own requests are traced"
    finally:
        RequestsInstrumentor().uninstrument()
        URLLib3Instrumentor().uninstrument()


GEVENT = """
import warnings
warnings.simplefilter("error")
from gevent import monkey
monkey.patch_all()
import gevent, gevent.hub
delivery = Delivery(delivery._settings)
longest = [0.0]
def tick():
    last = time.monotonic()
    while True:
        gevent.sleep(0.001)
        longest[0] = max(longest[0], time.monotonic() - last)
        last = time.monotonic()
gevent.spawn(tick)
def work(number):
    for name in range(200):
        submit("%d-%d" % (number, name))
        gevent.sleep(0)
gevent.joinall([gevent.spawn(work, number) for number in range(10)])
import requests
requests.get({tls!r} if {tls!r} else delivery._settings.host + "/x", timeout=10)
END
"""


@pytest.mark.parametrize(
    "end", ["sys.exit(0)", "os.kill(os.getpid(), signal.SIGTERM); gevent.sleep(30)"], ids=["exit", "TERM"]
)
def test_under_gevent_nothing_warns_blocks_or_is_lost(end, tmp_path):
    pytest.importorskip("gevent")
    with FaultyCollector() as collector:
        done = run(GEVENT.replace("{tls!r}", "''").replace("END", end), collector, tmp_path)
        collector.wait_for("%d-%d" % (number, name) for number in range(10) for name in range(200))
        assert max(collector.arrived.values()) == 1
    assert done.stderr.decode() == ""
    assert done.returncode in (0, -15)


def test_traces_of_many_threads_all_arrive(deliver, tmp_path):
    with FaultyCollector() as collector:
        delivery = deliver(collector.host, tmp_path)

        def work(number):
            for name in range(500):
                delivery.submit(make_trace("%d-%d" % (number, name)))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        collector.wait_for("%d-%d" % (number, name) for number in range(8) for name in range(500))
        wait_for_stats(delivery, lambda stats: stats["sent"] == stats["captured"] == 4000)
