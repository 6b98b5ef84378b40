-- The photos of each job that is older than the wait; each job is named once.
local prefix = KEYS[1]
local oldest = tonumber(ARGV[1]) - tonumber(ARGV[2])
local jobs = {}
for _, key in ipairs(redis.call('ZRANGEBYSCORE', prefix .. 'unnoticed', '-inf', '(' .. oldest)) do
    redis.call('ZREM', prefix .. 'unnoticed', key)
    table.insert(jobs, redis.call('HVALS', prefix .. 'job:' .. key))
end
return jobs
