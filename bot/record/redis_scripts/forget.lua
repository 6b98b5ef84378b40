-- Remove the user's jobs and, unless only they are meant, the choice; how many photos were waiting, and were just being sent.
local user_id = ARGV[2]
local dropped, on_their_way = 0, 0
for _, key in ipairs(redis.call('HKEYS', user(user_id))) do
    local photos = 0
    if meta(key, 'kind') == 'photos' then
        photos = redis.call('HLEN', job(key))
    end
    if meta(key, 'sending') then
        on_their_way = on_their_way + photos
    else
        dropped = dropped + photos
    end
    drop(key)
end
redis.call('DECRBY', prefix .. 'waiting', dropped + on_their_way)
redis.call('DEL', user(user_id))
if ARGV[3] == '0' then
    redis.call('HDEL', prefix .. 'languages', user_id)
    redis.call('HDEL', prefix .. 'damaged', user_id)
end
return { dropped, on_their_way }
