-- Set before every other script: Redis's own clock, in milliseconds, and who may be declared dead.
-- When no process was heard of for a while it was Redis that stood still or was cut off, not they:
-- then nobody is overdue before everybody had time to be heard of again.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local prefix = KEYS[1]
local run_id = table.remove(ARGV)  -- of this Redis, behind what each script takes
local function key(name) return prefix .. name end
local function silence() return tonumber(redis.call('HGET', key('clock'), 'silence') or '8000') end
local function number_at(field) return tonumber(redis.call('HGET', key('clock'), field) or '0') end

-- A full Redis refuses what might need memory, but not in a script that has freed some: what every
-- script here needs is little, and without it nobody could free the rest.
local function insist() redis.call('XTRIM', key('log'), 'MAXLEN', 2 ^ 53) end

local is_full = false

-- Note that somebody is there, and whether Redis is full. A clock that was set back makes nobody live
-- longer. The first thing that a script writes.
local function hear()
    local heard, grace, silence = unpack(redis.call('HMGET', key('clock'), 'heard', 'grace', 'silence'))
    heard, grace, silence = tonumber(heard or 0), tonumber(grace or 0), tonumber(silence or 8000)
    local answer = redis.pcall('HSET', key('clock'), 'heard', now)
    is_full = type(answer) == 'table' and answer.err ~= nil
    if is_full then
        insist()
        redis.call('HSET', key('clock'), 'heard', now)
    end
    if now - heard > 3000 or grace > now + silence then
        redis.call('HSET', key('clock'), 'grace', now + silence)
    end
    if now < heard then
        for _, process in ipairs(redis.call('ZRANGEBYSCORE', key('processes'), now, '+inf')) do
            redis.call('ZADD', key('processes'), now, process)
        end
    end
end

-- A Redis that was restarted is another one, whatever an old snapshot left in it; one that was
-- emptied has no epoch.
local function is_current(epoch)
    return redis.call('GET', key('epoch')) == epoch
        and string.sub(epoch, 1, #run_id + 1) == run_id .. ':'
end

local function is_overdue(process)
    local beat = redis.call('ZSCORE', key('processes'), process)
    return beat and now > number_at('grace') and now - beat > silence()
end

-- What a process of this epoch that nobody declared dead gets as 'ok'.
local function standing(epoch, process)
    if not is_current(epoch) then return 'epoch' end
    if not redis.call('ZSCORE', key('processes'), process) then return 'gone' end
    hear()
    redis.call('ZADD', key('processes'), now, process)
    return 'ok'
end

-- Note that a process takes part no longer. For a minute nobody who knows of it from an epoch before
-- can bring it back: its members would leave a second time.
local function part(process)
    redis.call('ZREM', key('processes'), process)
    redis.call('DEL', key('members:' .. process))
    redis.call('HDEL', key('numbers'), process)
    redis.call('HDEL', key('versions'), process)
    for _, old in ipairs(redis.call('ZRANGEBYSCORE', key('parted'), '-inf', now - 60000)) do
        redis.call('ZREM', key('parted'), old)
    end
    redis.call('ZADD', key('parted'), now, process)
end

-- Whether all that take part can read a batch of a version: who tells none at its registration, as
-- before release 1.1, reads the first.
local function reads() return math.max(1, number_at('reads')) end

-- Note anew what all of them can read.
local function note_reads()
    local least
    for _, process in ipairs(redis.call('ZRANGE', key('processes'), 0, -1)) do
        local version = tonumber(redis.call('HGET', key('versions'), process) or '1')
        if not least or version < least then least = version end
    end
    redis.call('HSET', key('clock'), 'reads', least or 1)
end

-- The number of the last batch that a process published.
local function number_of(process)
    return tonumber(redis.call('HGET', key('numbers'), process) or '0')
end

-- The place of the last batch.
local function tip() return redis.call('GET', key('tip')) or '0-0' end

-- Forget the oldest batches until so many bytes are left at most; return how many are.
local function trim(most)
    local size = tonumber(redis.call('GET', key('size')) or '0')
    while size > most do
        local oldest = redis.call('XRANGE', key('log'), '-', '+', 'COUNT', 1)[1]
        if not oldest then break end
        redis.call('XDEL', key('log'), oldest[1])
        redis.call('SET', key('forgotten'), oldest[1])
        size = redis.call('DECRBY', key('size'), #oldest[2][2])
    end
    return size
end

-- Make room for a batch in what is kept: half of it goes where Redis is full.
local function make_room(payload, most)
    if is_full then trim(tonumber(redis.call('GET', key('size')) or '0') / 2) end
    trim(most - #payload)
end

-- Give a batch its place in the order, keep it for who misses it, and send it to who does not. Who is
-- alone in the room has it already. Where it cannot be sent nothing has happened. Returns an error,
-- or the place before, its own, and whether it was sent.
local function publish(epoch, channel, payload)
    local prev = tip()
    local id = redis.call('XADD', key('log'), '*', 'b', payload)
    local is_told = 0
    if redis.call('ZCARD', key('processes')) > 1 then
        local message = '@' .. epoch .. ' ' .. prev .. ' ' .. id .. '\n' .. payload
        local told = redis.pcall('PUBLISH', channel, message)
        if type(told) == 'table' and told.err then
            redis.call('XDEL', key('log'), id)
            return told
        end
        is_told = 1
    end
    redis.call('SET', key('tip'), id)
    redis.call('INCRBY', key('size'), #payload)
    return nil, prev, id, is_told
end
