-- Take part no longer: ARGV process. Its last batch has announced that its members left.
redis.call('ZREM', key('processes'), ARGV[1])
redis.call('DEL', key('members:' .. ARGV[1]))
redis.call('HDEL', key('numbers'), ARGV[1])
return 1
