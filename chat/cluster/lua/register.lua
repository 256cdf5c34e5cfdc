-- Take part: ARGV process, milliseconds of silence that mean death, the ids of its members. Returns
-- the epoch and the end of the order.
if redis.call('GET', key('epoch')) ~= run_id then
    for _, process in ipairs(redis.call('ZRANGE', key('processes'), 0, -1)) do
        redis.call('DEL', key('members:' .. process))
    end
    redis.call('DEL', key('log'), key('tip'), key('size'), key('processes'), key('numbers'))
    redis.call('SET', key('epoch'), run_id)
    redis.call('HSET', key('clock'), 'grace', now + ARGV[2])
end
redis.call('HSET', key('clock'), 'silence', ARGV[2])
redis.call('ZADD', key('processes'), now, ARGV[1])
local members = key('members:' .. ARGV[1])
redis.call('DEL', members)
for i = 3, #ARGV do redis.call('SADD', members, ARGV[i]) end
return {run_id, redis.call('GET', key('tip')) or '0-0'}
