"""A load test's outcome for machines."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from chat.loadtest.histogram import histogram

if TYPE_CHECKING:
    from chat.loadtest.report import Report


def as_json(report: Report) -> str:
    """Return everything as one JSON object; durations are in milliseconds where not told else."""
    chatted = report.chatted
    document: dict[str, Any] = {
        "address": report.address,
        "plan": asdict(report.plan),
        "interrupted": report.interrupted,
        "passed": report.passed,
        "shortcomings": report.shortcomings,
        "seconds": report.seconds,
        "connections": {
            "wanted": report.plan.connections,
            "joined": report.joined.members,
            "present": report.present,
        },
        "messages": chatted.sent,
        "messages_per_second": report.sent_per_second,
        "deliveries": report.got,
        "deliveries_per_second": chatted.deliveries_per_second,
        "expected": chatted.expected,
        "lost": chatted.lost,
        "twice": chatted.extra,
        "changed": chatted.garbled,
        "pairs_unheard": report.unheard,
        "same_order": chatted.same_stream,
        "load_cpu": chatted.load_cpu,
        "errors": report.errors,
        "connect_ms": report.joined.connect.summary(),
        "send_ms": chatted.send_times.summary(),
        "delivery_ms": chatted.latencies.summary(),
        "histogram": [asdict(row) for row in histogram(chatted.latencies)],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)
