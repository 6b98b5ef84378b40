-- Take damaged entries out of their job, into a hash by user; a job of nothing else is gone.
local key = ARGV[2]
local owner = meta(key, 'user')
for index = 3, #ARGV do
    redis.call('HSET', prefix .. 'damaged', owner or '', redis.call('HGET', job(key), ARGV[index]) or '')
    local removed = redis.call('HDEL', job(key), ARGV[index])
    if owner and meta(key, 'kind') == 'photos' then
        redis.call('DECRBY', prefix .. 'waiting', removed)
        redis.call('HINCRBY', user(owner), key, 0 - removed)
    end
end
if redis.call('EXISTS', job(key)) == 0 then
    drop(key)
end
return 1
