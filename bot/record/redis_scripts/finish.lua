-- Remove the answered entries, whoever holds the job now; what joined the album since stays, due now.
local key, owner = ARGV[2], ARGV[3]
local removed = 0
for index = 4, #ARGV do
    removed = removed + redis.call('HDEL', job(key), ARGV[index])
end
local kind = meta(key, 'kind')
if kind == 'photos' and removed > 0 then
    redis.call('DECRBY', prefix .. 'waiting', removed)
    redis.call('HINCRBY', user(meta(key, 'user')), key, 0 - removed)
end
if redis.call('EXISTS', job(key)) == 0 then
    drop(key)
elseif meta(key, 'owner') == owner then
    let_go(key)
    redis.call('HDEL', prefix .. 'meta:' .. key, 'attempt')
    redis.call('ZADD', prefix .. 'due:' .. kind, now, key)
end
return removed
