-- Lease the job whose turn it is: its key, its attempt, its photos.
local prefix = KEYS[1]
local now, lease_s = tonumber(ARGV[1]), tonumber(ARGV[2])
local key = redis.call('ZRANGEBYSCORE', prefix .. 'due', '-inf', now, 'LIMIT', 0, 1)[1]
if not key then
    return false
end
redis.call('ZADD', prefix .. 'due', now + lease_s, key)
local attempt = redis.call('HINCRBY', prefix .. 'attempts', key, 1)
return { key, attempt, redis.call('HVALS', prefix .. 'job:' .. key) }
