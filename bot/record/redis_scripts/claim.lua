-- Lease the job whose turn it is: its key, its attempt, its entries by update id.
local kind, lease_s, owner, waiting_s = ARGV[2], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
local patient = is_patient(lease_s)

local function is_busy(chats, chat)
    local busy_until = redis.call('ZSCORE', prefix .. chats, chat)
    return busy_until and (tonumber(busy_until) > now or patient)
end

local queue, offset, key, turn_at = prefix .. 'due:' .. kind, 0, nil, nil
repeat
    local page = redis.call('ZRANGEBYSCORE', queue, '-inf', now, 'LIMIT', offset, 100)
    for _, due in ipairs(page) do
        local facts = redis.call('HMGET', prefix .. 'meta:' .. due, 'turn', 'chat', 'since', 'owner')
        local turn, chat, since, held = tonumber(facts[1]), facts[2], tonumber(facts[3]), facts[4]
        if not turn then
            drop(due) -- there is nothing of it left to answer
        elseif (not turn_at or turn < turn_at) and since + waiting_s <= now
            and not (held and patient)
            and not is_busy('busy:' .. kind, chat) and not is_busy('sending', chat) then
            key, turn_at = due, turn
        end
    end
    offset = offset + 100
until key or #page < 100
if not key then
    return false
end
redis.call('ZADD', queue, now + lease_s, key)
redis.call('ZADD', prefix .. 'busy:' .. kind, now + lease_s, meta(key, 'chat'))
redis.call('HSET', prefix .. 'meta:' .. key, 'owner', owner)
redis.call('HDEL', prefix .. 'meta:' .. key, 'sending')
local attempt = redis.call('HINCRBY', prefix .. 'meta:' .. key, 'attempt', 1)
return { key, attempt, redis.call('HGETALL', job(key)) }
