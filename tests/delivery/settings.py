"""What tests of delivery share: settings with a spool of their own, traces that can be told apart, numbers that add up."""

import json
import time

from metlo_auto.delivery import DeliverySettings


def make_trace(name, path="/p", body="x", method="GET"):
    """One trace, bytes."""
    trace = {
        "request": {"url": {"host": "h", "path": path}, "method": method, "headers": [], "body": ""},
        "response": {"url": "h:80", "status": 200, "headers": [], "body": body},
        "meta": {"traceId": str(name)},
    }
    return json.dumps(trace).encode()


def make_settings(host, tmp_path=None, **options):
    """Settings with short times; a spool under `tmp_path`."""
    settings = DeliverySettings(
        host=host,
        api_key="test-key",
        workers=4,
        queue_size=32 << 20,
        flush_interval=1.0,
        timeout=5.0,
        shutdown_timeout=1.5,
        compress="auto",
        spool_dir=str(tmp_path / "spool") if tmp_path else None,
        spool_size=64 << 20,
        max_rate=0.0,
    )
    return settings._replace(**options)


def adds_up(stats):
    """Whether nothing is lost without being counted."""
    kept = stats["sent"] + stats["spooled"] + stats["queued"] + sum(stats["dropped"].values())
    return stats["captured"] == kept


def wait_for_stats(delivery, true, deadline=20.0):
    """Waits until the numbers are as wanted."""
    end = time.monotonic() + deadline
    while not true(delivery.stats()):
        assert time.monotonic() < end, delivery.stats()
        time.sleep(0.01)
