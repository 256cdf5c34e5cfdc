"""A load test's outcome for machines; docs/tools.md tells what each field is."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from wschat_tools import VERSION
from wschat_tools.loadtest.histogram import histogram

if TYPE_CHECKING:
    from wschat_tools.loadtest.report import Report
    from wschat_tools.loadtest.timeline import Moment


def as_json(report: Report) -> str:
    """Return everything as one JSON object; durations are in milliseconds where not told else."""
    chatted = report.chatted
    document: dict[str, Any] = {
        "tool": f"wschat loadtest {VERSION}",
        "address": report.address,
        "plan": asdict(report.plan),
        "interrupted": report.interrupted,
        "passed": report.passed,
        "shortcomings": report.shortcomings,
        "seconds": report.seconds,
        "connections": {
            "wanted": report.plan.reading,
            "joined": report.joined.members,
            "present": report.present,
        },
        "reconnected": report.reconnected,
        "slow": {"present": report.slow_present, "ends": report.slow_ends},
        "messages": chatted.sent,
        "messages_per_second": report.sent_per_second,
        "deliveries": chatted.arrived,
        "deliveries_per_second": chatted.deliveries_per_second,
        "expected": chatted.expected,
        "got": chatted.got,
        "lost": chatted.lost,
        "twice": chatted.extra,
        "changed": chatted.garbled,
        "unnamed": chatted.unnamed,
        "pairs_unheard": report.joined.unheard,
        "connects_again": report.joined.again,
        "leaves_unheard": report.leaves_unheard,
        "same_order": chatted.same_order,
        "own_order": chatted.own_order,
        "load_cpu": chatted.load_cpu,
        "errors": report.errors,
        "connect_ms": report.joined.connect.summary(),
        "send_ms": chatted.send_times.summary(),
        "delivery_ms": chatted.latencies.summary(),
        "histogram": [asdict(row) for row in histogram(chatted.latencies)],
        "over_time": [_moment(moment) for moment in report.moments],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _moment(moment: Moment) -> dict[str, float]:
    return {
        "second": round(moment.second, 3),
        "members": moment.members,
        "messages": moment.sent,
        "deliveries": moment.deliveries,
        "p50_ms": moment.p50,
        "p99_ms": moment.p99,
    }
