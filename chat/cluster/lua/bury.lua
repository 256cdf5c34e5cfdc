-- Declare a process dead, if it still is overdue and nobody else did: ARGV epoch, process, channel,
-- the batch that announces that its members left, most bytes kept.
if run_id ~= ARGV[1] or not is_overdue(ARGV[2]) then return 0 end
redis.call('ZREM', key('processes'), ARGV[2])
redis.call('DEL', key('members:' .. ARGV[2]))
redis.call('HDEL', key('numbers'), ARGV[2])
publish(ARGV[1], ARGV[3], ARGV[4], tonumber(ARGV[5]))
return 1
