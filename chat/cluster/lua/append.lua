-- Publish a batch once: ARGV epoch, process, number, channel, payload, most bytes kept,
-- how many joins, the ids of who joined, the ids of who left. Returns one's standing and, if that is
-- ok, the place of the batch before, one's own, and whether it was sent to subscribers; a batch that
-- is published already has the end of the order for its place.
local standing = standing(ARGV[1], ARGV[2])
if standing ~= 'ok' then return {standing} end
if number_of(ARGV[2]) >= tonumber(ARGV[3]) then return {'ok', tip(), tip(), 0} end
redis.call('HSET', key('numbers'), ARGV[2], ARGV[3])
local members = key('members:' .. ARGV[2])
for i = 8, 7 + ARGV[7] do redis.call('SADD', members, ARGV[i]) end
for i = 8 + ARGV[7], #ARGV do redis.call('SREM', members, ARGV[i]) end
return {'ok', publish(ARGV[1], ARGV[4], ARGV[5], tonumber(ARGV[6]))}
