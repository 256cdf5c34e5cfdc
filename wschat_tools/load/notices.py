"""Who has heard of whom: of any two members, the one that was there first hears of the other."""

from bisect import bisect_left

from wschat_tools.load.crowd import Crowd
from wschat_tools.load.member import Member
from wschat_tools.load.speakers import Speaker
from wschat_tools.load.stream import Stream


def all_heard(crowd: Crowd) -> bool:
    """Whether all have heard of all; cheap, and never true of members with streams apart."""
    joined, members = crowd.reference.stream.joined, crowd.members.values()
    if not crowd.same_stream or not all(member.uuid in joined for member in members):
        return False
    last = max((joined[member.uuid] for member in members), default=-1)
    return all(member.offset > last for member in members)


def notices_heard(crowd: Crowd) -> int:
    """How many join notices of members still here have reached members, one's own included."""
    members = _named(crowd)
    if not crowd.same_stream:
        return sum(member.saw_join(other.uuid) for member in members for other in members)
    places = _places(crowd, members)
    return sum(bisect_left(places, m.offset) - bisect_left(places, m.start) for m in members)


def missed_pairs(crowd: Crowd) -> int:
    """How many pairs of members there are of which neither has heard of the other's joining."""
    members = _named(crowd)
    if crowd.same_stream:
        places = _places(crowd, members)
        unheard = len(members) * (len(members) - len(places))
        return unheard + sum(len(places) - bisect_left(places, m.offset) for m in members)
    unseen = {m.uuid: {o.uuid for o in members if not m.saw_join(o.uuid)} for m in members}
    mutual = sum(
        uuid in unseen[other] for uuid, others in unseen.items() for other in others - {uuid}
    )
    return mutual // 2


def heard_again(crowd: Crowd) -> int:
    """Return how many members there are whose joining somebody was told more than once."""
    return len(set[bytes]().union(*(stream.again for stream in streams(crowd))))


def _named(crowd: Crowd) -> list[Member]:
    return [member for member in crowd.members.values() if member.uuid]


def _places(crowd: Crowd, members: list[Member]) -> list[int]:
    joined = crowd.reference.stream.joined
    return sorted(joined[member.uuid] for member in members if member.uuid in joined)


def streams(crowd: Crowd) -> list[Stream]:
    """Return the reference, and the streams of members apart from it."""
    apart = {id(member.stream): member.stream for member in crowd.everybody}
    return list({id(crowd.reference.stream): crowd.reference.stream, **apart}.values())


def heard_of(crowd: Crowd, speaker: Speaker) -> int:
    """Return how many of a speaker's chats anybody has heard of."""
    return max(stream.order.up_to(speaker) for stream in streams(crowd))
