"""A report that can be put into an issue of the project whose server was checked."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from wschat_tools import VERSION
from wschat_tools.conformance.outcome import Status, counts, facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wschat_tools.conformance.outcome import Outcome

TITLES = {Status.FAIL: "Fails", Status.DIFFERS: "Differs"}
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color-scheme:light dark}dt{font-weight:600}dd,code{overflow-wrap:anywhere}"
)


def as_markdown(address: str, outcomes: Sequence[Outcome]) -> str:
    """Return the report as Markdown."""
    parts = [f"# wschat conformance of {_code(address)}", _summary(outcomes)]
    if told := facts(outcomes):
        parts.append("## What explains most")
        parts.append("\n".join(f"- {_code(o.check.name)}{_skipped(n)}" for o, n in told))
    for status, title in TITLES.items():
        found = [outcome for outcome in outcomes if outcome.status is status]
        parts += [f"## {title}"] if found else []
        parts += map(_finding, found)
    skipped = [o for o in outcomes if o.status is Status.SKIPPED]
    if skipped:
        parts.append("## Skipped")
        parts.append(
            "\n".join(f"- {_code(o.check.name)}: because of {_code(o.because)}" for o in skipped)
        )
    parts.append(f"Checked with wschat conformance {VERSION}.")
    return "\n\n".join(parts) + "\n"


def as_html(address: str, outcomes: Sequence[Outcome]) -> str:
    """Return the report as a page that needs nothing else."""
    body = [f"<h1>wschat conformance of <code>{escape(address)}</code></h1>"]
    body.append(f"<p>{escape(_summary(outcomes))}</p>")
    if told := facts(outcomes):
        items = "".join(
            f"<li><a href='#{o.check.name}'>{o.check.name}</a>{_skipped(n)}</li>" for o, n in told
        )
        body.append(f"<h2>What explains most</h2><ul>{items}</ul>")
    for status, title in TITLES.items():
        found = [outcome for outcome in outcomes if outcome.status is status]
        body += [f"<h2>{title}</h2>"] if found else []
        body += map(_html_finding, found)
    skipped = [o for o in outcomes if o.status is Status.SKIPPED]
    if skipped:
        items = "".join(f"<li>{o.check.name}: because of {o.because}</li>" for o in skipped)
        body.append(f"<h2>Skipped</h2><ul>{items}</ul>")
    body.append(f"<p>Checked with wschat conformance {VERSION}.</p>")
    head = f"<meta charset=utf-8><title>wschat conformance</title><style>{STYLE}</style>"
    return f"<!doctype html><html lang=en><head>{head}</head><body>{''.join(body)}</body></html>\n"


def _summary(outcomes: Sequence[Outcome]) -> str:
    return ", ".join(f"{count} {status}" for status, count in counts(outcomes).items())


def _skipped(count: int) -> str:
    return f" ({count} skipped because of it)" if count else ""


def _finding(outcome: Outcome) -> str:
    check = outcome.check
    return (
        f"### {check.name}\n\n{_plain(check.rule)}\n\n"
        f"- expected: {_code(outcome.expected)}\n- got: {_code(outcome.got)}\n\n"
        f"> {check.text}"
    )


def _html_finding(outcome: Outcome) -> str:
    check = outcome.check
    return (
        f"<h3 id='{check.name}'>{check.name}</h3><p>{escape(check.rule)}</p>"
        f"<dl><dt>expected</dt><dd><code>{escape(outcome.expected)}</code></dd>"
        f"<dt>got</dt><dd><code>{escape(outcome.got)}</code></dd></dl>"
        f"<blockquote>{escape(check.text)}</blockquote>"
    )


def _code(text: str) -> str:
    """Return a text as Markdown's code, whatever backticks it holds."""
    fence = "`"
    while fence in text:
        fence += "`"
    pad = " " if len(fence) > 1 else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _plain(text: str) -> str:
    """Return a text in which nothing is Markdown."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|" else c for c in text)
