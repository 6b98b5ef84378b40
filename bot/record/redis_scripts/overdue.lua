-- The entries of each job that waits longer; each job is named once.
local oldest = now - tonumber(ARGV[2])
local jobs = {}
for _, key in ipairs(redis.call('ZRANGEBYSCORE', prefix .. 'unnoticed', '-inf', '(' .. oldest)) do
    redis.call('ZREM', prefix .. 'unnoticed', key)
    table.insert(jobs, { key, redis.call('HGETALL', job(key)) })
end
return jobs
