"""The compiled way queues byte for byte what the pure way queues, or leaves an exchange to it."""

import pytest

pytest.importorskip("metlo_auto_native", reason="the compiled way is not installed: pip install ./native")
from tests.native.both_ways import Way, exchange, seeded  # noqa: E402

EXCHANGES = 600
MODES = [{}, {"redact": "none"}, {"redact_headers": ("X-Mine",), "redact_fields": ("description",)}, {"redact_fields": ("größe",)},
         {"max_body": 0}, {"ours": True}]


@pytest.mark.parametrize("settings", MODES, ids=lambda settings: " ".join(settings) or "default")
def test_generated_exchanges_give_the_same_traces_both_ways(settings):
    pure, compiled = Way("off", **settings), Way("auto", **settings)
    for seed in range(EXCHANGES):
        made = exchange(seeded(seed))
        assert compiled.report(made) == pure.report(made), (seed, made)
    assert compiled.queue.dropped == pure.queue.dropped
    counts = compiled.agent.stats()
    assert counts["native"] > EXCHANGES / (6 if settings != {"max_body": 0} else 40), counts
    assert counts["native"] + sum(counts["native_declined"].values()) == EXCHANGES
