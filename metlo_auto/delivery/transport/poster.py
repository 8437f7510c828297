"""One POST, from a batch to a verdict; knows HTTP by way of requests, nothing of queues, retries or files."""

import os
import zlib
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Iterator, List, Optional, Tuple, cast

from metlo_auto.clocks import Real
from metlo_auto.collector_url import is_loopback
from metlo_auto.delivery.batch import Batch
from metlo_auto.delivery.collector_kind import QUESTION, VERIFY, CollectorKind
from metlo_auto.delivery.declarations import Answer, Declarations
from metlo_auto.delivery.process.fork_gate import ForkGate
from metlo_auto.delivery.trace_repair import with_real_path
from metlo_auto.delivery.types import DeliverySettings
from metlo_auto.delivery.yield_gil import yield_gil

from .dns import DnsLookups
from .errors import reason
from .lazy_requests import load_connections
from .verdict import DELIVERED, RETRY, Verdict, judge, retry_after

if TYPE_CHECKING:
    from .connections import BreakableAdapter

IDLE_LIMIT = 4.0  # seconds; the collector closes idle connections after 5 to 6
ENVIRONMENT_FOR = 60.0  # seconds that a look at the proxy settings holds
AT_A_TIME = 16384  # bytes that are compressed at a time: 0.2 ms, in which others have the interpreter
ANSWER_BYTES = 4096


class Poster:
    """Posts one batch at a time over one kept-alive connection; for one thread. `break_off` is for others."""

    def __init__(
        self,
        settings: DeliverySettings,
        gate: ForkGate,
        lookups: DnsLookups,
        declarations: Declarations,
        kind: CollectorKind,
    ) -> None:
        self._kind = kind
        self._gate = gate
        self._lookups = lookups
        self._declarations = declarations
        self._base = settings.host.rstrip("/")
        self._key = settings.api_key
        self._timeout = settings.timeout
        self._compress = settings.compress == "true" or (settings.compress == "auto" and not is_loopback(settings.host))
        self.began = 0.0  # when it turned to the collector; 0 where it does not, and while it imports
        self._adapter: Optional[BreakableAdapter] = None
        self._environment: Dict[str, Any] = {}
        self._looked = 0.0
        self._used = 0.0

    def post(self, batch: Batch) -> Verdict:
        """The verdict on one upload of `batch`, after at most a few timeouts; raises nothing."""
        try:
            verdict = self._over_connection(self._ask_kind if batch is QUESTION else lambda it: self._send(it, batch))
            if verdict.outcome == DELIVERED:
                self._declarations.tell(self._ask)
            return verdict
        except Exception as error:  # noqa: BLE001 - whatever a network does, the batch must be kept
            if self._adapter is not None and self._adapter.broken:
                return Verdict(RETRY, 0, "no answer in time")
            return Verdict(RETRY, 0, reason(error, self._key))
        finally:
            self.began = 0.0

    def hasten(self, timeout: float) -> None:
        """From now on nothing is waited for longer than that many seconds; for the thread that uploads."""
        self._timeout = min(self._timeout, timeout)
        if self._adapter is not None:
            self._adapter.hasten(self._timeout)

    def break_off(self) -> None:
        """Ends the upload that is under way; for any thread."""
        adapter = self._adapter
        if adapter is not None:
            adapter.break_off()

    def disown(self) -> None:
        """Gives up the connection, which is the parent's; for a forked child."""
        adapter, self._adapter = self._adapter, None
        if adapter is not None:
            adapter.disown()

    def close(self) -> None:
        """Ends the connection; for the thread that uploads."""
        if self._adapter is not None:
            self._adapter.close()

    def _over_connection(self, send: Callable[["BreakableAdapter"], Verdict]) -> Verdict:
        with self._gate:
            load_connections()
            import requests.exceptions

            adapter = self._ready(Real.monotonic())
        self.began = Real.monotonic()
        reused = self._used > 0.0
        try:
            return send(adapter)
        except requests.exceptions.ConnectionError as error:
            if not reused or adapter.broken or isinstance(error, requests.exceptions.Timeout):
                raise
            # The collector closed the idle connection while we wrote; the id keeps a repetition from counting twice.
            with self._gate:
                adapter = self._ready(Real.monotonic(), fresh=True)
            return send(adapter)

    def _ready(self, now: float, fresh: bool = False) -> "BreakableAdapter":
        import encodings.idna  # noqa: F401 - the first name lookup would import it, outside the gate

        from .connections import BreakableAdapter

        adapter = self._adapter
        if adapter is None or fresh or adapter.broken or now - self._used > IDLE_LIMIT or not adapter.is_ours():
            if adapter is not None:
                adapter.close()
            adapter = self._adapter = BreakableAdapter(self._lookups, self._timeout)
            self._used = 0.0
        if now - self._looked > ENVIRONMENT_FOR or not self._environment:
            self._environment = environment_of(self._base)
            self._looked = now
        return adapter

    def _send(self, adapter: "BreakableAdapter", batch: Batch) -> Verdict:
        if self._kind.ours:  # it needs no announcement, and wants real paths
            batch = batch._replace(traces=tuple(map(with_real_path, batch.traces)), announcement=b"")
        path = "/api/v2/log-request/single" if batch.announcement else "/api/v1/log-request/batch"
        request = self._request("POST", path, Body(batch.pieces, batch.length))
        request.headers["X-Metlo-Batch-Id"] = batch.id
        yield_gil()
        response, text = self._exchange(adapter, request)
        return judge(response.status_code, response.headers, text.decode("utf-8", "replace"), bool(batch.announcement))

    def _ask_kind(self, adapter: "BreakableAdapter") -> Verdict:
        """Learns what the collector is; a reply that says nothing of it, such as 404, is another collector's."""
        answer = self._ask("GET", VERIFY, b"")
        status = answer.status
        if status in (401, 403, 408, 425, 429) or status >= 500:
            after = retry_after(answer.headers.get("Retry-After"), Real.wall())
            return Verdict(RETRY, status, "HTTP %d" % status, after)
        self._kind.learn(answer.headers if status == 200 else {})
        return Verdict(DELIVERED, status)

    def _ask(self, method: str, path: str, body: bytes) -> Answer:
        adapter = self._ready(Real.monotonic())
        response, _ = self._exchange(adapter, self._request(method, path, Body(lambda: iter((body,)), len(body))))
        return Answer(response.status_code, response.headers)

    def _exchange(self, adapter: "BreakableAdapter", request: Any) -> Tuple[Any, bytes]:
        """The response and the beginning of its body."""
        response = adapter.send(request, stream=True, timeout=adapter.patience, **self._environment)
        yield_gil()
        text = b"".join(take(response.raw.stream(ANSWER_BYTES, decode_content=True), ANSWER_BYTES))
        response.raw.read(ANSWER_BYTES)  # the end of a short answer, so that the connection is kept
        response.raw.release_conn()
        self._used = Real.monotonic()
        return response, text

    def _request(self, method: str, path: str, body: "Body") -> Any:
        from requests.models import PreparedRequest
        from requests.structures import CaseInsensitiveDict

        headers: CaseInsensitiveDict[str] = CaseInsensitiveDict()
        headers["Authorization"] = self._key  # set here and by nobody later: no netrc is looked at
        headers["Content-Type"] = "application/json"
        headers["User-Agent"] = "metlo-auto"
        if self._compress and body.length:
            headers["Content-Encoding"] = "gzip"
            small = gzipped(body)
            body = Body(lambda: iter((small,)), len(small))
        headers["Content-Length"] = str(body.length)
        request = PreparedRequest()
        request.method, request.url, request.headers = method, self._base + path, headers
        request.body = cast(Any, body)  # urllib3 takes any iterable
        request.hooks = {}
        return request


class Body:
    """The body of a request in pieces, which may be gone through again."""

    def __init__(self, pieces: Callable[[], Iterator[bytes]], length: int) -> None:
        self._pieces = pieces
        self.length = length

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces()


def environment_of(url: str) -> Dict[str, Any]:
    """Proxies and CA bundle that requests takes from the environment for `url`; this machine needs no proxy."""
    from requests.utils import get_environ_proxies

    # As its Session does it, which a test may have replaced.
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    proxies = {} if is_loopback(url) else get_environ_proxies(url, no_proxy=None)
    return {"proxies": proxies, "verify": bundle, "cert": None}


def gzipped(pieces: Iterable[bytes]) -> bytes:
    """`pieces` compressed; greenlets get their turn in between."""
    compressor = zlib.compressobj(1, zlib.DEFLATED, 31)
    compressed: List[bytes] = []
    for piece in pieces:
        for start in range(0, len(piece), AT_A_TIME):
            compressed.append(compressor.compress(piece[start : start + AT_A_TIME]))
            yield_gil()
    compressed.append(compressor.flush())
    return b"".join(compressed)


def take(pieces: Any, size: int) -> List[bytes]:
    """The first pieces of a response, about `size` bytes; the rest stays unread."""
    kept: List[bytes] = []
    for piece in pieces:
        kept.append(piece)
        size -= len(piece)
        if size <= 0:
            break
    return kept
