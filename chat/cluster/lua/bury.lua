-- Declare a process dead, if it still is overdue, with the members that the survivor knows, and
-- nobody else did: ARGV epoch, survivor, number of its batch, channel, the batch that announces that
-- the members left, most bytes kept, the dead process, how many members it had.
-- Returns what publishing a batch returns.
local standing = standing(ARGV[1], ARGV[2])
if standing ~= 'ok' then return {standing} end
local members = key('members:' .. ARGV[7])
if not is_overdue(ARGV[7]) or redis.call('SCARD', members) ~= tonumber(ARGV[8]) then
    return {'late'}
end
redis.call('HSET', key('numbers'), ARGV[2], ARGV[3])
redis.call('ZREM', key('processes'), ARGV[7])
redis.call('DEL', members)
redis.call('HDEL', key('numbers'), ARGV[7])
return {'ok', publish(ARGV[1], ARGV[4], ARGV[5], tonumber(ARGV[6]))}
