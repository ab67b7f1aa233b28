import { script } from '../platform/redis-script.ts';
import { MOMENT_LENGTH, NO_MOMENT } from './redis-rank-members.ts';
import { TALLY_LUA } from './redis-rank-read-scripts.ts';

const CLOCK = `
local function later(ms)
  local time = redis.call('time')
  return string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ms))
end`;

// Walks the rankings that the state in KEYS[1] names; their keys have its slot, though the caller cannot declare them.
const RANKINGS = `
local root = string.sub(KEYS[1], 1, -1 - #'state')
local function each(visit)
  for _, field in ipairs(redis.call('hkeys', KEYS[1])) do
    if string.sub(field, 1, 2) == 'n:' then
      local by = string.sub(field, 3)
      visit(root .. 'z:' .. by, root .. 'h:' .. by)
    end
  end
end
local function forget()
  each(function(sorted, users) redis.call('unlink', sorted, users) end)
  redis.call('unlink', KEYS[1])
end`;

/**
 * Takes changes in. KEYS: state, then sorted and users of each ranking. ARGV: run, token ('' for changes, the loader's for its rows),
 * lease and time to live in milliseconds (0: for ever), the `by` of each ranking, then for each change which ranking (from 1), user,
 * version, moment, score. Answers 1, or 0 where the span takes nothing in.
 */
export const writeScript = script(
  TALLY_LUA,
  CLOCK,
  RANKINGS,
  `
local run, token, ttl = ARGV[1], ARGV[2], tonumber(ARGV[4])
local known = redis.call('hmget', KEYS[1], 'is', 'token')
local loading = known[1] == 'loading ' .. run
if token == '' then
  if not loading and known[1] ~= 'loaded ' .. run then return 0 end
else
  if not loading or known[2] ~= token then return 0 end
  redis.call('hset', KEYS[1], 'until', later(ARGV[3]))
end
local count = (#KEYS - 1) / 2
local tallies = {}
for at = 1, count do
  local sorted, users = KEYS[2 * at], KEYS[2 * at + 1]
  tallies[at] = redis.call('hget', KEYS[1], 'n:' .. ARGV[4 + at])
  if not tallies[at] then
    redis.call('unlink', sorted, users)
  elseif tallies[at] ~= tally(sorted, users) then
    redis.call('unlink', KEYS[1])
    return 0
  end
end
for at = 5 + count, #ARGV, 5 do
  local pair, user, version, moment = 2 * tonumber(ARGV[at]), ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local sorted, users = KEYS[pair], KEYS[pair + 1]
  local row = redis.call('hget', users, user)
  if not row or tonumber(string.sub(row, ${MOMENT_LENGTH + 1})) < tonumber(version) then
    local old = row and string.sub(row, 1, ${MOMENT_LENGTH}) or '${NO_MOMENT}'
    if old ~= '${NO_MOMENT}' and old ~= moment then redis.call('zrem', sorted, old .. user) end
    if moment ~= '${NO_MOMENT}' then redis.call('zadd', sorted, ARGV[at + 4], moment .. user) end
    redis.call('hset', users, user, moment .. version)
  end
end
for at = 1, count do
  local now = tally(KEYS[2 * at], KEYS[2 * at + 1])
  if now ~= tallies[at] then redis.call('hset', KEYS[1], 'n:' .. ARGV[4 + at], now) end
end
if ttl == 0 then return 1 end
-- The state goes first, and what it names outlives it: nothing that answers has lost a part.
local slack = math.floor(ttl / 40)
local function outlive(sorted, users)
  redis.call('pexpire', sorted, ttl + slack)
  redis.call('pexpire', users, ttl + slack)
end
if redis.call('pttl', KEYS[1]) < ttl - slack then
  redis.call('pexpire', KEYS[1], ttl)
  each(outlive)
  return 1
end
for at = 1, count do
  local sorted, users = KEYS[2 * at], KEYS[2 * at + 1]
  local lives = redis.call('pttl', sorted)
  if redis.call('pttl', users) < ttl or (lives ~= -2 and lives < ttl) then outlive(sorted, users) end
end
return 1`,
);

/**
 * Takes the lease of a load, and clears what an earlier one left. KEYS: state. ARGV: run, token, lease and time to live in
 * milliseconds (0: for ever). Answers 'begun', 'loaded' where the span is, or 'busy' where it is being loaded under a lease that runs.
 */
export const beginScript = script(
  CLOCK,
  RANKINGS,
  `
local known = redis.call('hmget', KEYS[1], 'is', 'until')
if known[1] == 'loaded ' .. ARGV[1] then return 'loaded' end
if known[1] == 'loading ' .. ARGV[1] and tonumber(known[2]) > tonumber(later(0)) then return 'busy' end
forget()
redis.call('hset', KEYS[1], 'is', 'loading ' .. ARGV[1], 'token', ARGV[2], 'until', later(ARGV[3]))
if ARGV[4] ~= '0' then redis.call('pexpire', KEYS[1], ARGV[4]) end
return 'begun'`,
);

/** Has a span answer. KEYS: state. ARGV: run, token. Answers 1, or 0 where the load is not the caller's any more. */
export const finishScript = script(`
local known = redis.call('hmget', KEYS[1], 'is', 'token')
if known[1] ~= 'loading ' .. ARGV[1] or known[2] ~= ARGV[2] then return 0 end
redis.call('hset', KEYS[1], 'is', 'loaded ' .. ARGV[1])
redis.call('hdel', KEYS[1], 'token', 'until')
return 1`);

/** Forgets a span. KEYS: state. ARGV: '', or the token without whose load nothing is to be forgotten. Answers nothing of use. */
export const dropScript = script(
  RANKINGS,
  `
if ARGV[1] == '' or redis.call('hget', KEYS[1], 'token') == ARGV[1] then forget() end
return 1`,
);
