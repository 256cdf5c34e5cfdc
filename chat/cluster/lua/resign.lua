-- Take part no longer: ARGV process. Where members are left that its last batch did not announce
-- as gone, it is overdue from now on, and the others announce them.
insist()
if redis.call('SCARD', key('members:' .. ARGV[1])) > 0 then
    redis.call('ZADD', key('processes'), 'XX', 0, ARGV[1])
    return 0
end
-- Of an epoch that does not know it yet others may still bring it back: then they announce its members.
if redis.call('ZSCORE', key('processes'), ARGV[1]) then part(ARGV[1]) end
return 1
