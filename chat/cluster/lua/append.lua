-- Publish a batch once: ARGV epoch, process, number, channel, payload, most bytes kept,
-- the payload's version, how many joins, the ids of who joined, the ids of who left. Returns one's standing and, if that is
-- ok, the place of the batch before, one's own, and whether it was sent to subscribers; a batch that
-- is published already has the end of the order for its place.
local standing = standing(ARGV[1], ARGV[2])
if standing ~= 'ok' then return {standing} end
if number_of(ARGV[2]) >= tonumber(ARGV[3]) then return {'ok', tip(), tip(), 0} end
if tonumber(ARGV[7]) > reads() then return {'version'} end
make_room(ARGV[5], tonumber(ARGV[6]))
local failed, prev, place, is_told = publish(ARGV[1], ARGV[4], ARGV[5])
if failed then return failed end
redis.call('HSET', key('numbers'), ARGV[2], ARGV[3])
local members = key('members:' .. ARGV[2])
for i = 9, 8 + ARGV[8] do redis.call('SADD', members, ARGV[i]) end
for i = 9 + ARGV[8], #ARGV do redis.call('SREM', members, ARGV[i]) end
return {'ok', prev, place, is_told}
