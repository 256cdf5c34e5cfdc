-- Declare a process dead, if it still is overdue, with the members that the survivor knows, and
-- nobody else did: ARGV epoch, survivor, number of its batch, channel, the batch that announces that
-- the members left, most bytes kept, the batch's version, the dead process, how many members it had.
-- Returns what publishing a batch returns.
local standing = standing(ARGV[1], ARGV[2])
if standing ~= 'ok' then return {standing} end
local members = key('members:' .. ARGV[8])
if not is_overdue(ARGV[8]) or redis.call('SCARD', members) ~= tonumber(ARGV[9]) then
    return {'late'}
end
if number_of(ARGV[2]) >= tonumber(ARGV[3]) then return {'late'} end
if tonumber(ARGV[7]) > reads() then return {'version'} end
make_room(ARGV[5], tonumber(ARGV[6]))
local failed, prev, place, is_told = publish(ARGV[1], ARGV[4], ARGV[5])
if failed then return failed end
redis.call('HSET', key('numbers'), ARGV[2], ARGV[3])
part(ARGV[8])
return {'ok', prev, place, is_told}
