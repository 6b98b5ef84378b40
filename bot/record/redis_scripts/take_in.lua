-- Remember an update and, if it is new and not one too many, what it asks for.
local update_id, remember_s = ARGV[2], ARGV[3]
if redis.call('EXISTS', prefix .. 'seen:' .. update_id) == 1 then
    return 'KNOWN'
end
redis.call('SET', prefix .. 'seen:' .. update_id, 1, 'EX', remember_s)
local key, kind, chat, user_id, body = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
if not key or (kind == 'words' and redis.call('EXISTS', job(key)) == 1) then
    return 'NEW'
end

local settle_s, spacing_s = tonumber(ARGV[9]), tonumber(ARGV[10])
local max_waiting, unasked_s = tonumber(ARGV[11]), tonumber(ARGV[12])
local waiting, jobs = 0, 0
for _, photos in ipairs(redis.call('HVALS', user(user_id))) do
    waiting = waiting + photos
    jobs = jobs + math.min(1, photos)
end
if kind == 'photos' and waiting >= max_waiting then
    return 'TOO_MANY'
end

local settled_at = now + settle_s
local was = meta(key, 'kind')
if not was then
    local turn_at = settled_at
    if kind == 'photos' then
        turn_at = settled_at + spacing_s * jobs
    end
    redis.call('HSET', prefix .. 'meta:' .. key,
        'kind', kind, 'chat', chat, 'user', user_id, 'turn', turn_at, 'since', now)
end
redis.call('HSET', job(key), update_id, body)
if kind == 'unasked' and (not was or was == 'unasked') then
    redis.call('EXPIRE', job(key), unasked_s)
    redis.call('EXPIRE', prefix .. 'meta:' .. key, unasked_s)
    return 'NEW'
end

local added = 1
if was == 'unasked' then -- those that came before are asked for by this one
    redis.call('HSET', prefix .. 'meta:' .. key, 'kind', kind)
    redis.call('PERSIST', job(key))
    redis.call('PERSIST', prefix .. 'meta:' .. key)
    added = redis.call('HLEN', job(key))
end
local queue = prefix .. 'due:' .. meta(key, 'kind')
local due_at = tonumber(redis.call('ZSCORE', queue, key) or meta(key, 'turn'))
redis.call('ZADD', queue, math.max(due_at, settled_at), key)
if kind == 'words' then
    redis.call('HSET', user(user_id), key, 0)
    return 'NEW'
end
redis.call('ZADD', prefix .. 'unnoticed', 'NX', now, key)
redis.call('HINCRBY', user(meta(key, 'user')), key, added)
redis.call('INCRBY', prefix .. 'waiting', added)
return 'NEW'
