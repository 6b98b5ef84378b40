-- Give jobs back, due again after the delay, where they are still the owner's.
local delay_s = tonumber(ARGV[2])
for index = 3, #ARGV, 2 do
    local key, owner = ARGV[index], ARGV[index + 1]
    if meta(key, 'owner') == owner then
        redis.call('ZADD', prefix .. 'due:' .. meta(key, 'kind'), 'XX', now + delay_s, key)
        let_go(key)
    end
end
return 1
