-- Remember an update and, if it is new and not one too many, its photo.
local prefix = KEYS[1]
local now, update_id, remember_s = tonumber(ARGV[1]), ARGV[2], ARGV[3]
if not redis.call('SET', prefix .. 'seen:' .. update_id, 1, 'NX', 'EX', remember_s) then
    return 'KNOWN'
end
local key, user_id, photo, received_at = ARGV[4], ARGV[5], ARGV[6], ARGV[7]
if not key then
    return 'NEW'
end

local settle_s, spacing_s, max_waiting = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local user = prefix .. 'user:' .. user_id
local waiting = 0
for _, photos in ipairs(redis.call('HVALS', user)) do
    waiting = waiting + photos
end
if waiting >= max_waiting then
    return 'TOO_MANY'
end

local settled_at = now + settle_s
local due_at = redis.call('ZSCORE', prefix .. 'due', key)
if due_at then
    due_at = math.max(tonumber(due_at), settled_at)
else
    due_at = settled_at + spacing_s * redis.call('HLEN', user)
    redis.call('HSET', prefix .. 'turns', key, due_at)
end
redis.call('ZADD', prefix .. 'due', due_at, key)
redis.call('ZADD', prefix .. 'unnoticed', 'NX', received_at, key)
redis.call('HSET', prefix .. 'job:' .. key, update_id, photo)
redis.call('HINCRBY', user, key, 1)
redis.call('INCR', prefix .. 'waiting')
return 'NEW'
