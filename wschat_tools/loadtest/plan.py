"""What to do to a server."""

from __future__ import annotations

from dataclasses import dataclass

TEST_TIMEOUT_SECONDS = 60.0
DURATION_SECONDS = 10.0
SMALLEST = 8
LARGEST = 60_000


class PlanError(ValueError):
    """An option has a value that cannot be used, alone or beside the others."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The options of a load test.

    `connections` join, `ramp` of them a second if it is given. Then `senders` of them (all, if it
    is 0) chat, `size` bytes each time: `rate` chats a second in all for `duration` seconds; or,
    without a rate, four each under way for `duration` seconds; or, without both, `mpc` each as fast
    as they are taken, each as soon as it has joined unless `same_start`.

    `patience` is how long (seconds) anything is waited for.
    """

    connections: int = 1
    mpc: int = 1
    same_start: bool = False
    rate: float | None = None
    duration: float | None = None
    size: int = 64
    senders: int = 0
    ramp: float | None = None
    patience: float = TEST_TIMEOUT_SECONDS

    @property
    def speaking(self) -> int:
        """How many connections chat."""
        return min(self.senders or self.connections, self.connections)

    @property
    def chats(self) -> int | None:
        """How many chats are sent in all, or None if that is the server's doing."""
        if self.rate is not None:
            return int(self.rate * self.seconds)
        return None if self.duration is not None else self.mpc * self.speaking

    @property
    def seconds(self) -> float:
        """How long (seconds) chatting goes on, where time bounds it."""
        return DURATION_SECONDS if self.duration is None else self.duration

    def check(self) -> None:
        """Refuse what cannot be done.

        Raises:
            PlanError: naming the option, what was got and what was expected.

        """
        self._check_counts()
        self._check_amounts()
        if not SMALLEST <= self.size <= LARGEST:
            raise PlanError(f"--size: got {self.size}, expected {SMALLEST} to {LARGEST} bytes")
        if self.rate is not None and self.size < 28:
            raise PlanError(f"--size: got {self.size}, expected at least 28 bytes beside --rate")
        if self.senders > self.connections:
            raise PlanError(
                f"--senders: got {self.senders}, expected at most the {self.connections} of -c"
            )

    def _check_counts(self) -> None:
        for name, count, least in (
            ("--connections", self.connections, 1),
            ("--mpc", self.mpc, 0),
            ("--senders", self.senders, 0),
        ):
            if count < least:
                raise PlanError(f"{name}: got {count}, expected at least {least}")

    def _check_amounts(self) -> None:
        for name, amount in (
            ("--rate", self.rate),
            ("--duration", self.duration),
            ("--ramp", self.ramp),
            ("--test-timeout", self.patience),
        ):
            if amount is not None and not 0 < amount < 1e9:
                raise PlanError(f"{name}: got {amount:g}, expected more than 0")
