-- Be heard of: ARGV epoch, process. Returns one's standing, the end of the order, how many members
-- the room has in all processes, the latest version of batches that all can read, and the processes
-- that are overdue. Members are counted once a second, whoever beats then: a count by every process
-- would cost the square of their number.
local standing = standing(ARGV[1], ARGV[2])
insist()
if math.abs(now - number_at('counted_at')) >= 900 then
    local count = 0
    for _, process in ipairs(redis.call('ZRANGE', key('processes'), 0, -1)) do
        count = count + redis.call('SCARD', key('members:' .. process))
    end
    redis.call('HSET', key('clock'), 'counted_at', now, 'online', count)
    note_reads()
end
local overdue = {}
if now > number_at('grace') then
    overdue = redis.call('ZRANGEBYSCORE', key('processes'), '-inf', '(' .. (now - silence()))
end
return {standing, tip(), number_at('online'), reads(), overdue}
