-- Be heard of: ARGV epoch, process. Returns one's standing, the end of the order, how many members
-- the room has in all processes, and the processes that are overdue.
local standing = standing(ARGV[1], ARGV[2])
local online, overdue = 0, {}
for _, process in ipairs(redis.call('ZRANGE', key('processes'), 0, -1)) do
    online = online + redis.call('SCARD', key('members:' .. process))
    if is_overdue(process) then table.insert(overdue, process) end
end
return {standing, tip(), online, overdue}
