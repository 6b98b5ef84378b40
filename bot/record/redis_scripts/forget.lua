-- Remove the user's jobs and choice; how many photos were waiting.
local prefix = KEYS[1]
local user_id = ARGV[2]
local user = prefix .. 'user:' .. user_id
local waiting = 0
for _, key in ipairs(redis.call('HKEYS', user)) do
    waiting = waiting + redis.call('HLEN', prefix .. 'job:' .. key)
    redis.call('DEL', prefix .. 'job:' .. key)
    redis.call('ZREM', prefix .. 'due', key)
    redis.call('ZREM', prefix .. 'unnoticed', key)
    redis.call('HDEL', prefix .. 'attempts', key)
    redis.call('HDEL', prefix .. 'turns', key)
end
redis.call('DECRBY', prefix .. 'waiting', waiting)
redis.call('DEL', user)
redis.call('HDEL', prefix .. 'languages', user_id)
return waiting
