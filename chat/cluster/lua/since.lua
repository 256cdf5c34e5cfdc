-- Read again: ARGV epoch, the place from which on, bytes after which a page ends. Returns the last
-- place that was forgotten and the batches, each with its place; nothing in another epoch. A call of
-- XRANGE for each batch took 48 ms for 1 MiB, so they are read by as many as fill the page.
if not is_current(ARGV[1]) then return false end
local most, length = tonumber(ARGV[3]), redis.call('XLEN', key('log'))
local mean = tonumber(redis.call('GET', key('size')) or '0') / math.max(1, length)
local found, size, from = {}, 0, ARGV[2]
while size < most do
    local count = math.min(100, math.ceil((most - size) / math.max(1, mean)))
    local entries = redis.call('XRANGE', key('log'), from, '+', 'COUNT', count)
    if #entries == 0 then break end
    for _, entry in ipairs(entries) do
        if size >= most then break end
        table.insert(found, {entry[1], entry[2][2]})
        size = size + #entry[2][2]
        local milliseconds, number = string.match(entry[1], '(%d+)-(%d+)')
        from = milliseconds .. '-' .. string.format('%d', number + 1)
    end
end
return {redis.call('GET', key('forgotten')) or '0-0', found}
