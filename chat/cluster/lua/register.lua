-- Take part: ARGV process, milliseconds of silence that mean death, the number of the last
-- batch of which its roster tells, the latest version of batches that it reads, then rosters, each one process, how many members, their ids. The first roster is one's own; the
-- others are what one knows of processes that a new epoch has not heard of: who of them does not
-- come back is declared dead like any other. Returns the epoch.
hear()
local epoch = redis.call('GET', key('epoch'))
if not epoch or not is_current(epoch) then
    for _, process in ipairs(redis.call('ZRANGE', key('processes'), 0, -1)) do
        redis.call('DEL', key('members:' .. process))
    end
    redis.call('DEL', key('log'), key('tip'), key('size'), key('forgotten'), key('processes'),
        key('numbers'), key('parted'), key('versions'))
    epoch = run_id .. ':' .. now
    redis.call('SET', key('epoch'), epoch)
    redis.call('HSET', key('clock'), 'grace', now + ARGV[2])
end
redis.call('HSET', key('clock'), 'silence', ARGV[2])

local function enrol(process, first, last)
    if redis.call('ZSCORE', key('parted'), process) then return end
    redis.call('ZADD', key('processes'), now, process)
    redis.call('DEL', key('members:' .. process))
    for i = first, last do redis.call('SADD', key('members:' .. process), ARGV[i]) end
end

local i = 5
while i < #ARGV do
    local process, count = ARGV[i], tonumber(ARGV[i + 1])
    if process == ARGV[1] then
        -- A call that was late on its way must not undo what was published after it.
        if number_of(process) <= tonumber(ARGV[3]) then enrol(process, i + 2, i + 1 + count) end
    elseif not redis.call('ZSCORE', key('processes'), process) then
        enrol(process, i + 2, i + 1 + count)
    end
    i = i + 2 + count
end
if redis.call('ZSCORE', key('processes'), ARGV[1]) then
    redis.call('HSET', key('versions'), ARGV[1], ARGV[4])
    note_reads()
end
return epoch
