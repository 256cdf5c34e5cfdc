-- Set before every other script: Redis's own clock, in milliseconds, and who may be declared dead.
-- When no process was heard of for a while it was Redis that stood still or was cut off, not they:
-- then nobody is overdue before everybody had time to be heard of again.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local prefix = KEYS[1]
local function key(name) return prefix .. name end
local function silence() return tonumber(redis.call('HGET', key('clock'), 'silence') or '8000') end
local heard = tonumber(redis.call('HGET', key('clock'), 'heard') or '0')
if now - heard > 3000 then redis.call('HSET', key('clock'), 'grace', now + silence()) end
redis.call('HSET', key('clock'), 'heard', now)

-- A Redis that was restarted is another one, whatever an old snapshot left in it; one that was
-- emptied has no epoch.
local function run_id() return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') end
local function is_current(epoch)
    return redis.call('GET', key('epoch')) == epoch
        and string.match(epoch, '^(%x+):') == run_id()
end

local function is_overdue(process)
    local beat = redis.call('ZSCORE', key('processes'), process)
    local grace = tonumber(redis.call('HGET', key('clock'), 'grace') or '0')
    return beat and now > grace and now - beat > silence()
end

-- What a process of this epoch that nobody declared dead gets as 'ok'.
local function standing(epoch, process)
    if not is_current(epoch) then return 'epoch' end
    if not redis.call('ZSCORE', key('processes'), process) then return 'gone' end
    redis.call('ZADD', key('processes'), now, process)
    return 'ok'
end

-- The number of the last batch that a process published.
local function number_of(process)
    return tonumber(redis.call('HGET', key('numbers'), process) or '0')
end

-- The place of the last batch.
local function tip() return redis.call('GET', key('tip')) or '0-0' end

-- Give a batch its place in the order, keep it for who misses it, and send it to who does not. Who is
-- alone in the room has it already. Returns the place before, its own, and whether it was sent.
local function publish(epoch, channel, payload, most)
    local prev = tip()
    local id = redis.call('XADD', key('log'), '*', 'b', payload)
    redis.call('SET', key('tip'), id)
    local is_told = 0
    if redis.call('ZCARD', key('processes')) > 1 then
        redis.call('PUBLISH', channel, '@' .. epoch .. ' ' .. prev .. ' ' .. id .. '\n' .. payload)
        is_told = 1
    end
    local size = redis.call('INCRBY', key('size'), #payload)
    while size > most do
        local oldest = redis.call('XRANGE', key('log'), '-', '+', 'COUNT', 1)[1]
        if not oldest or oldest[1] == id then break end
        redis.call('XDEL', key('log'), oldest[1])
        redis.call('SET', key('forgotten'), oldest[1])
        size = redis.call('DECRBY', key('size'), #oldest[2][2])
    end
    return prev, id, is_told
end
