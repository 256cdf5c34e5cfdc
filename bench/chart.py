"""The table's rooms as a picture: deliveries a second by room size, a line a server."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.servers import Server
    from bench.table import Summaries

WIDTH: Final = 720
HEIGHT: Final = 360
LEFT: Final = 70
RIGHT: Final = 170
TOP: Final = 20
BOTTOM: Final = 50
# Dark enough on white for 3:1 (WCAG 1.4.11), and apart for who sees no red or no green.
COLOURS: Final = ("#0072b2", "#b35900", "#00735c", "#aa3377", "#555555")
# The cases that are rooms of a size, in which as many as possible is said.
SIZES: Final = {
    "chat-10": 10,
    "chat-100": 100,
    "chat-1000": 1000,
    "chat-5000": 5000,
    "chat-10000": 10000,
}

Point = tuple[int, float]


def chart(servers: Sequence[Server], results: Summaries) -> str:
    """Draw an SVG of the rooms that were measured, both axes by powers of ten; "" if none was."""
    lines = {server.title: _points(server, results) for server in servers}
    rates = [rate for points in lines.values() for _, rate in points]
    if not rates:
        return ""
    low, high = int(log10(min(rates))), int(log10(max(rates))) + 1
    parts = [*_grid(low, high)]
    for (title, points), colour in zip(lines.items(), COLOURS, strict=False):
        parts += _line(title, [(_x(size), _y(rate, low, high)) for size, rate in points], colour)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="sans-serif" font-size="13"><title>Deliveries a second by members of the '
        f'room</title><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    )
    return "\n".join([head, *parts, "</svg>"]) + "\n"


def _points(server: Server, results: Summaries) -> list[Point]:
    found = ((size, results.get((case, server.name))) for case, size in SIZES.items())
    return [(size, s.value) for size, s in found if s is not None and s.value]


def _x(size: int) -> float:
    return LEFT + (log10(size) - 1) / 3 * (WIDTH - LEFT - RIGHT)


def _y(rate: float, low: int, high: int) -> float:
    return HEIGHT - BOTTOM - (log10(rate) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)


def _grid(low: int, high: int) -> list[str]:
    parts = []
    for power in range(low, high + 1):
        y = _y(10**power, low, high)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_short(power)}</text>'
        )
    for size in SIZES.values():
        x, y = _x(size), HEIGHT - BOTTOM + 18
        parts.append(f'<text x="{x:.1f}" y="{y}" text-anchor="middle">{size:,}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle:.1f}" y="{HEIGHT - 10}" text-anchor="middle">members</text>')
    return parts


def _line(title: str, points: list[tuple[float, float]], colour: str) -> list[str]:
    if not points:
        return []
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points)
    label = f'<text x="{x + 10:.1f}" y="{y + 4:.1f}">{escape(title)}</text>'
    stroke = f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    return [f'<g fill="{colour}">{stroke}{dots}{label}</g>']


def _short(power: int) -> str:
    """Write a power of ten as people say it."""
    value, unit = (power, "") if power < 3 else (power - 3, "k") if power < 6 else (power - 6, "M")
    return f"{10**value}{unit}"
