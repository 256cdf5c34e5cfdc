-- Take part no longer: ARGV process. Where members are left that its last batch did not announce
-- as gone, it is overdue from now on, and the others announce them.
if redis.call('SCARD', key('members:' .. ARGV[1])) > 0 then
    redis.call('ZADD', key('processes'), 'XX', 0, ARGV[1])
    return 0
end
redis.call('ZREM', key('processes'), ARGV[1])
redis.call('HDEL', key('numbers'), ARGV[1])
return 1
