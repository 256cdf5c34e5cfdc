"""What a run of the load engine found out."""

from dataclasses import dataclass, field

from wschat_tools.load.latencies import Latencies


@dataclass(frozen=True, slots=True)
class Joined:
    """Members came in: until every notice was at everyone who was there.

    `connect` is from opening a socket to one's own connect. `unheard` counts pairs of members of
    which neither heard the other join; `missed` counts these and the members whose handshake or
    first message failed; `again` counts members whose joining somebody heard twice.
    """

    members: int
    seconds: float
    notices: int
    missed: int
    connect: Latencies
    same_stream: bool
    problems: dict[str, int] = field(default_factory=dict)
    unheard: int = 0
    again: int = 0


@dataclass(frozen=True, slots=True)
class Chatted:
    """Members chatted for `seconds`, within which `deliveries` chats reached members.

    `sent`, `expected`, `lost` and `extra` are of the whole run, from the first chat to the last
    that came: the last three count single deliveries at members that stayed and read as fast as
    they can, of which they `got` what is not lost. `arrived` counts what came at all, at those who
    left or read slowly, too. `garbled` of these deliveries had other contents or another sender
    than they should have, `unnamed` none. `same_order` tells whether the chats came to all in one
    order, `own_order` whether each sender's came in the order in which it said them. `load_cpu` is
    the share of a core that the load engine used: near 1, it is the load and not the server that
    was measured. `send_times` are from giving chats to a socket until it had taken them.
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
    arrived: int = 0
    unnamed: int = 0
    same_order: bool = True
    own_order: bool = True

    @property
    def deliveries_per_second(self) -> float:
        """Chats that reached a member, a second."""
        return self.deliveries / self.seconds if self.seconds else 0.0

    @property
    def got(self) -> int:
        """How many of the deliveries that were expected came."""
        return self.expected - self.lost

    @property
    def lost_share(self) -> float:
        """Which part of what should have arrived did not."""
        return self.lost / self.expected if self.expected else 0.0
