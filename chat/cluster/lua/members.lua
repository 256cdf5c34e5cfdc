-- Who is in the room through a process: ARGV process. Returns their ids.
return redis.call('SMEMBERS', key('members:' .. ARGV[1]))
