"""What the docs tell operators is what the program has."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from chat.config.conf import BASE_DIR, SETTINGS
from chat.ops.operations import Operations
from chat.serving.assembly import the_parts

if TYPE_CHECKING:
    from prometheus_client import Metric

DOCS: Final = BASE_DIR / "docs"
_NAME = re.compile(r"\b(?:wschat|process)_[a-z_]+")


def shown(value: Any) -> str:
    """Return a default as the table writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Path):
        return f"`{value.relative_to(BASE_DIR)}`"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value) if value not in ("", ()) else "\N{EN DASH}"


def test_every_setting_is_in_the_table() -> None:
    """An operator would search the source for a setting, or use one that is gone."""
    expected = [
        f"| `{setting.variable}` | {shown(setting.default)} | {setting.meaning} |"
        for setting in SETTINGS
    ]
    text = (DOCS / "operations.md").read_text().partition("### In public")[0]
    table = [line for line in text.splitlines() if re.match(r"\| `(WSCHAT_|DATABASE_URL)", line)]
    assert table == expected, "\n".join(expected)


def exported() -> set[str]:
    """Return the names of all samples that a process shows."""
    metrics: list[Metric] = list(Operations(the_parts()).metrics().registry.collect())
    names: set[str] = set()
    for metric in metrics:
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
        names |= {metric.name + suffix for suffix in suffixes.get(metric.type, [""])}
    return names


def test_dashboard_and_alerts_use_what_is_exported() -> None:
    """An alert on a name that nobody exports stays silent for ever."""
    dashboard = (DOCS / "ops" / "grafana.json").read_text()
    alerts = (DOCS / "ops" / "alerts.yml").read_text()
    names = exported()
    assert set(_NAME.findall(alerts)) <= names
    assert set(_NAME.findall(dashboard)) <= names
    ignored = {name for name in names if name.endswith(("_sum", "_count"))}
    assert set(_NAME.findall(dashboard)) == names - ignored, "the dashboard shows all there is"


def test_dashboard_is_one() -> None:
    """Grafana would refuse the file."""
    panels = json.loads((DOCS / "ops" / "grafana.json").read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(target["expr"] for panel in panels for target in panel["targets"])


def test_every_alert_is_in_the_runbook() -> None:
    """Somebody woken by an alert would find nothing on what to do."""
    groups = yaml.safe_load((DOCS / "ops" / "alerts.yml").read_text())["groups"]
    alerts = [rule["alert"] for group in groups for rule in group["rules"]]
    assert len(alerts) > 5
    text = (DOCS / "operations.md").read_text()
    headings = re.findall(r"^### (Wschat\w+)", text, re.MULTILINE)
    assert headings == alerts
