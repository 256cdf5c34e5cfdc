"""What to do to a server."""

from __future__ import annotations

from dataclasses import dataclass

from wschat_tools.load.speakers import SMALLEST

TEST_TIMEOUT_SECONDS = 60.0
DURATION_SECONDS = 10.0
LARGEST = 60_000
MOST = 1e9


class PlanError(ValueError):
    """An option has a value that cannot be used, alone or beside the others."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The options of a load test.

    `connections` join, `ramp` of them a second if it is given, and with them `idle` ones that only
    listen and `slow` ones that read slowly. Then `senders` of the connections (all, if it is 0)
    chat, `size` bytes each time: `rate` chats a second in all for `duration` seconds; or, without a
    rate, four each under way for `duration` seconds; or, without both, `mpc` each (None: 1) as fast
    as they are taken, each as soon as it has joined unless `same_start`. Meanwhile `reconnect` of
    those that do not chat leave and come back a second.

    `patience` is how long (seconds) anything is waited for.
    """

    connections: int = 1
    mpc: int | None = None
    same_start: bool = False
    rate: float | None = None
    duration: float | None = None
    size: int = 64
    senders: int = 0
    ramp: float | None = None
    idle: int = 0
    slow: int = 0
    reconnect: float | None = None
    patience: float = TEST_TIMEOUT_SECONDS

    @property
    def speaking(self) -> int:
        """How many connections chat."""
        return min(self.senders or self.connections, self.connections)

    @property
    def reading(self) -> int:
        """How many connections there are that read as fast as they can."""
        return self.connections + self.idle

    @property
    def is_volley(self) -> bool:
        """Whether a number of chats is sent, and not for a time."""
        return self.rate is None and self.duration is None

    @property
    def each(self) -> int:
        """How many chats each sends, where a number of them is sent."""
        return 1 if self.mpc is None else self.mpc

    @property
    def chats(self) -> int | None:
        """How many chats are sent in all, or None if that is the server's doing."""
        if self.rate is not None:
            return int(self.rate * self.seconds)
        return None if self.duration is not None else self.each * self.speaking

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
        if self.senders > self.connections:
            raise PlanError(
                f"--senders: got {self.senders}, expected at most the {self.connections} of -c"
            )
        if self.mpc is not None and not self.is_volley:
            raise PlanError("--mpc: got --duration or --rate as well, expected one or the other")
        if self.reconnect and self.is_volley:
            raise PlanError("--reconnect: got no --duration, expected one, or --rate")
        if self.reconnect and self.speaking == self.reading:
            raise PlanError("--reconnect: all members chat, expected --idle or fewer --senders")

    def _check_counts(self) -> None:
        for name, count, least in (
            ("--connections", self.connections, 1),
            ("--mpc", self.each, 0),
            ("--senders", self.senders, 0),
            ("--idle", self.idle, 0),
            ("--slow", self.slow, 0),
        ):
            if count < least:
                raise PlanError(f"{name}: got {count}, expected at least {least}")

    def _check_amounts(self) -> None:
        for name, amount in (
            ("--rate", self.rate),
            ("--duration", self.duration),
            ("--ramp", self.ramp),
            ("--reconnect", self.reconnect),
            ("--test-timeout", self.patience),
        ):
            if amount is not None and not 0 < amount < MOST:
                raise PlanError(f"{name}: got {amount:g}, expected more than 0, less than {MOST:g}")
