"""Who has heard of whom: of any two members, the one that was there first hears of the other."""

from bisect import bisect_left

from chat.load.crowd import Crowd
from chat.load.member import Member


def all_heard(crowd: Crowd) -> bool:
    """Whether everyone has everything; cheap, and never true of members with streams apart."""
    stream = crowd.reference.stream
    return crowd.same_stream and all(
        member.offset == stream.end and member.uuid in stream.joined
        for member in crowd.members.values()
    )


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


def _named(crowd: Crowd) -> list[Member]:
    return [member for member in crowd.members.values() if member.uuid]


def _places(crowd: Crowd, members: list[Member]) -> list[int]:
    joined = crowd.reference.stream.joined
    return sorted(joined[member.uuid] for member in members if member.uuid in joined)
