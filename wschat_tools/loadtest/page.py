"""A load test's outcome as a page with a picture: how long deliveries took, second by second."""

from __future__ import annotations

from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Final

from rich.console import Console

from wschat_tools.loadtest.summary import milliseconds, show
from wschat_tools.loadtest.timeline import EDGES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wschat_tools.loadtest.report import Report
    from wschat_tools.loadtest.timeline import Moment

WIDTH: Final = 800
ROW: Final = 16
LEFT: Final = 80
STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color-scheme:light dark}svg{width:100%;height:auto;font:12px system-ui}text{fill:currentColor}"
    "rect{fill:#0a7}path{fill:none;stroke:#d40;stroke-width:2}pre{overflow-x:auto}"
)


def as_html(report: Report, *, test: bool) -> str:
    """Return the page; it needs nothing else."""
    text = StringIO()
    show(report, Console(file=text, width=100, highlight=False, no_color=True), test=test)
    moments = report.moments
    body = f"<h1>wschat load test of <code>{escape(report.address)}</code></h1>"
    if any(any(moment.spread) for moment in moments):
        body += f"<h2>Delivery times by second</h2>{_spread(moments)}"
    if moments:
        body += f"<h2>Deliveries a second</h2>{_line(moments, _rate)}"
    body += f"<h2>Figures</h2><pre>{escape(text.getvalue())}</pre>"
    head = f"<meta charset=utf-8><title>wschat load test</title><style>{STYLE}</style>"
    return f"<!doctype html><html lang=en><head>{head}</head><body>{body}</body></html>\n"


def _rate(moment: Moment) -> float:
    return moment.deliveries / moment.seconds if moment.seconds else 0.0


def _spread(moments: Sequence[Moment]) -> str:
    """Draw a column a second and a row a duration, the darker the more deliveries took so long."""
    used = [n for n in range(len(EDGES)) if any(moment.spread[n] for moment in moments)]
    low, high = used[0], used[-1]
    height = (high - low + 1) * ROW
    width = WIDTH / len(moments)
    most = max(max(moment.spread) for moment in moments)
    parts = []
    for row in range(low, high + 1):
        top = (high - row) * ROW
        parts.append(f"<text x=0 y={top + 12}>{milliseconds(EDGES[row])} ms</text>")
        for column, moment in enumerate(moments):
            if count := moment.spread[row]:
                shade = 0.1 + 0.9 * count / most
                title = (
                    f"second {moment.second:.0f}, up to {milliseconds(EDGES[row])} ms: {count:,}"
                )
                parts.append(
                    f"<rect x={LEFT + column * width:.1f} y={top} width={width:.1f} height={ROW} "
                    f"fill-opacity={shade:.2f}><title>{title}</title></rect>"
                )
    return _svg(height, moments, "".join(parts))


def _line(moments: Sequence[Moment], figure: Callable[[Moment], float]) -> str:
    """Draw a figure over time."""
    height = 10 * ROW
    most = max(map(figure, moments)) or 1.0
    width = WIDTH / len(moments)
    points = [
        f"{LEFT + (column + 0.5) * width:.1f} {height - height * figure(moment) / most:.1f}"
        for column, moment in enumerate(moments)
    ]
    first = f"{LEFT} {points[0].split()[1]}"
    return _svg(
        height, moments, f"<text x=0 y=12>{most:,.0f}</text><path d='M{first}L{'L'.join(points)}'/>"
    )


def _svg(height: int, moments: Sequence[Moment], content: str) -> str:
    end = f"<text x={LEFT} y={height + 16}>0 s</text>"
    end += (
        f"<text x={LEFT + WIDTH} y={height + 16} text-anchor=end>{moments[-1].second:.0f} s</text>"
    )
    return f"<svg viewBox='0 0 {LEFT + WIDTH} {height + 20}' role=img>{content}{end}</svg>"
