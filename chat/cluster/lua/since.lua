-- Read again: ARGV epoch, the place from which on, bytes after which a page ends. Returns the last
-- place that was forgotten and the batches, each with its place; nothing in another epoch.
if not is_current(ARGV[1]) then return false end
local found, size, from = {}, 0, ARGV[2]
while size < tonumber(ARGV[3]) do
    local entry = redis.call('XRANGE', key('log'), from, '+', 'COUNT', 1)[1]
    if not entry then break end
    table.insert(found, {entry[1], entry[2][2]})
    size = size + #entry[2][2]
    local milliseconds, number = string.match(entry[1], '(%d+)-(%d+)')
    from = milliseconds .. '-' .. string.format('%d', number + 1)
end
return {redis.call('GET', key('forgotten')) or '0-0', found}
