from __future__ import annotations


def spend(free_at: float, now: float, interval: float, slack: float) -> tuple[float, float]:
    """Take one unit of a rate limit, if it allows one now (GCRA).

    Args:
        free_at: when the whole allowance is free again, in seconds; 0.0 at first.
        now: the time now, by the same clock.
        interval: seconds that one unit costs.
        slack: seconds that `free_at` may lie ahead: `interval` times the burst less one.

    Returns:
        `free_at` from now on; and 0.0, or the seconds until a unit can be had.

    """
    free_at = max(free_at, now)
    wait = free_at - now - slack
    if wait > 0:
        return free_at, wait
    return free_at + interval, 0.0
