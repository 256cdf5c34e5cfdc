-- Read where the order is: its end, the numbers of the last batches by process, and every process
-- with its members.
local rosters = {}
for _, process in ipairs(redis.call('ZRANGE', key('processes'), 0, -1)) do
    table.insert(rosters, {process, redis.call('SMEMBERS', key('members:' .. process))})
end
return {tip(), redis.call('HGETALL', key('numbers')), rosters}
