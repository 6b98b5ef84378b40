-- Stands before every script. All keys begin with one hash tag, so a cluster keeps them together.
local prefix = KEYS[1]
local function clock() -- Redis' own: those of the bots' machines differ
    local time = redis.call('TIME')
    return tonumber(time[1]) + tonumber(time[2]) / 1000000
end
local now = tonumber(ARGV[1]) or clock()
local function job(key)
    return prefix .. 'job:' .. key
end
local function meta(key, field)
    return redis.call('HGET', prefix .. 'meta:' .. key, field)
end
local function user(id)
    return prefix .. 'user:' .. id
end
local function let_go(key) -- of the lease, and so of the chat
    local chat, kind = meta(key, 'chat'), meta(key, 'kind')
    redis.call('HDEL', prefix .. 'meta:' .. key, 'owner', 'sending')
    if chat then
        redis.call('ZREM', prefix .. 'busy:' .. kind, chat)
        redis.call('ZREM', prefix .. 'sending', chat)
    end
end
local function drop(key)
    let_go(key)
    redis.call('ZREM', prefix .. 'due:photos', key)
    redis.call('ZREM', prefix .. 'due:words', key)
    redis.call('ZREM', prefix .. 'unnoticed', key)
    local owner = meta(key, 'user')
    if owner then
        redis.call('HDEL', user(owner), key)
    end
    redis.call('DEL', prefix .. 'meta:' .. key, job(key))
end
local function is_patient(lease_s)
    -- Where nobody asked for long, Redis stalled, and no lease could be renewed: those that ran out
    -- meanwhile are left to their owners for one more lease.
    local last = tonumber(redis.call('GET', prefix .. 'asked') or now)
    redis.call('SET', prefix .. 'asked', now)
    if now - last > lease_s / 2 then
        redis.call('SET', prefix .. 'patient_until', now + lease_s)
    end
    return tonumber(redis.call('GET', prefix .. 'patient_until') or 0) > now
end
