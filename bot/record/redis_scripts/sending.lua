-- Note that the job's answer is just being sent, or not; 0 where the job is not the owner's.
local key, owner, is_sent, lease_s = ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
if meta(key, 'owner') ~= owner then
    return 0
end
local chat = meta(key, 'chat')
if is_sent == '1' then
    redis.call('HSET', prefix .. 'meta:' .. key, 'sending', 1)
    redis.call('ZADD', prefix .. 'sending', now + lease_s, chat)
else
    redis.call('HDEL', prefix .. 'meta:' .. key, 'sending')
    redis.call('ZREM', prefix .. 'sending', chat)
end
return 1
