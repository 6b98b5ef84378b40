-- Lease the job whose turn it is: its key, its attempt, its photos.
local prefix = KEYS[1]
local now, lease_s = tonumber(ARGV[1]), tonumber(ARGV[2])
local key, turn_at
for _, due in ipairs(redis.call('ZRANGEBYSCORE', prefix .. 'due', '-inf', now, 'LIMIT', 0, 100)) do
    local its_turn_at = tonumber(redis.call('HGET', prefix .. 'turns', due))
    if not key or its_turn_at < turn_at then
        key, turn_at = due, its_turn_at
    end
end
if not key then
    return false
end
redis.call('ZADD', prefix .. 'due', now + lease_s, key)
local attempt = redis.call('HINCRBY', prefix .. 'attempts', key, 1)
return { key, attempt, redis.call('HVALS', prefix .. 'job:' .. key) }
