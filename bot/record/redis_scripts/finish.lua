-- Remove the answered photos; what joined the album since stays, due now.
local prefix = KEYS[1]
local now, key, user_id = ARGV[1], ARGV[2], ARGV[3]
local job, user = prefix .. 'job:' .. key, prefix .. 'user:' .. user_id
local removed = 0
for index = 4, #ARGV do
    removed = removed + redis.call('HDEL', job, ARGV[index])
end
redis.call('DECRBY', prefix .. 'waiting', removed)
if redis.call('HINCRBY', user, key, 0 - removed) <= 0 then
    redis.call('HDEL', user, key)
end
redis.call('HDEL', prefix .. 'attempts', key)
if redis.call('EXISTS', job) == 1 then
    redis.call('ZADD', prefix .. 'due', now, key)
else
    redis.call('ZREM', prefix .. 'due', key)
    redis.call('ZREM', prefix .. 'unnoticed', key)
    redis.call('HDEL', prefix .. 'turns', key)
end
return removed
