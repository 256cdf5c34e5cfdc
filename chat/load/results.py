"""What a run of the load engine found out."""

from dataclasses import dataclass, field

from chat.load.latencies import Latencies


@dataclass(frozen=True, slots=True)
class Joined:
    """Members came in: until every notice was at everyone who was there.

    `connect` is from opening a socket to one's own connect. `missed` counts pairs of members of
    which neither heard the other join, and members whose handshake or first message failed.
    """

    members: int
    seconds: float
    notices: int
    missed: int
    connect: Latencies
    same_stream: bool
    problems: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chatted:
    """Members chatted for `seconds`, within which `deliveries` chats reached members.

    `sent`, `lost` and `extra` are of the whole run, from the first chat to the last that came:
    lost and extra count single deliveries at members that stayed. `garbled` came back with other
    contents or another sender than they should have. `load_cpu` is the share of a core that the
    load engine used: near 1, it is the load and not the server that was measured. `send_times` are
    from giving chats to a socket until it had taken them.
    """

    seconds: float
    deliveries: int
    sent: int
    expected: int
    lost: int
    extra: int
    garbled: int
    latencies: Latencies
    load_cpu: float
    same_stream: bool
    problems: dict[str, int] = field(default_factory=dict)
    send_times: Latencies = field(default_factory=Latencies)

    @property
    def deliveries_per_second(self) -> float:
        """Chats that reached a member, a second."""
        return self.deliveries / self.seconds if self.seconds else 0.0

    @property
    def lost_share(self) -> float:
        """Which part of what should have arrived did not."""
        return self.lost / self.expected if self.expected else 0.0
