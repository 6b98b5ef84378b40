-- Keep the jobs of these owners leased: ARGV holds key and owner in turn.
local lease_s = tonumber(ARGV[2])
is_patient(lease_s)
for index = 3, #ARGV, 2 do
    local key, owner = ARGV[index], ARGV[index + 1]
    if meta(key, 'owner') == owner then
        local chat, kind = meta(key, 'chat'), meta(key, 'kind')
        redis.call('ZADD', prefix .. 'due:' .. kind, 'XX', now + lease_s, key)
        redis.call('ZADD', prefix .. 'busy:' .. kind, now + lease_s, chat)
        redis.call('ZADD', prefix .. 'sending', 'XX', now + lease_s, chat)
    end
end
return 1
