import { script } from '../platform/redis-script.ts';
import { MOMENT_LENGTH, NO_MOMENT } from './redis-rank-members.ts';

/**
 * Lua: `tally(sorted, users)`, how many members a ranking has. It is kept in the state, so that keys which went without the state
 * (evicted, say) are noticed.
 */
export const TALLY_LUA = `
local function tally(sorted, users)
  return string.format('%.0f/%.0f', redis.call('zcard', sorted), redis.call('hlen', users))
end`;

// KEYS: state, sorted, users. ARGV: run, by. Goes on where the span answers, with the size of the ranking.
const OPEN = `${TALLY_LUA}
local known = redis.call('hmget', KEYS[1], 'is', 'n:' .. ARGV[2])
if known[1] ~= 'loaded ' .. ARGV[1] then return false end
local size = 0
if known[2] then
  if tally(KEYS[2], KEYS[3]) ~= known[2] then
    redis.call('unlink', KEYS[1])
    return false
  end
  size = redis.call('zcard', KEYS[2])
end`;

/** How many entries a ranking has. KEYS: state, sorted, users. ARGV: run, by. Answers a number, or null. */
export const countScript = script(OPEN, 'return size');

/**
 * Entries of a ranking. KEYS: state, sorted, users. ARGV: run, by, first and last position, ties.
 * Answers null, [] or [how many have a better score than the first, [member, score, ...]].
 */
export const pageScript = script(
  OPEN,
  `
if size == 0 then return {} end
local entries = redis.call('zrange', KEYS[2], ARGV[3], ARGV[4], 'withscores')
if #entries == 0 then return {} end
local ahead = 0
if ARGV[5] == 'shared' then ahead = redis.call('zcount', KEYS[2], '-inf', '(' .. entries[2]) end
return { ahead, entries }`,
);

/**
 * Where users stand. KEYS: state, sorted, users. ARGV: run, by, ties, users.
 * Answers null or, for each user, null or [member, score, position, how many have a better score]; [] stands for nothing but nulls.
 */
export const placesScript = script(
  OPEN,
  `
if size == 0 then return {} end
local found = {}
for at = 4, #ARGV do
  local moment = string.sub(redis.call('hget', KEYS[3], ARGV[at]) or '${NO_MOMENT}', 1, ${MOMENT_LENGTH})
  found[at - 3] = false
  if moment ~= '${NO_MOMENT}' then
    local member = moment .. ARGV[at]
    local score = redis.call('zscore', KEYS[2], member)
    local position = redis.call('zrank', KEYS[2], member)
    local ahead = position
    if ARGV[3] == 'shared' then ahead = redis.call('zcount', KEYS[2], '-inf', '(' .. score) end
    found[at - 3] = { member, score, position, ahead }
  end
end
return found`,
);

/**
 * How many entries stand before a place. KEYS: state, sorted, users. ARGV: run, by, score, member. Answers a number, or null.
 * Where nobody stands there, it looks among the equals by halves: log2(equals) steps, and nothing is written.
 */
export const beforeScript = script(
  OPEN,
  `
if size == 0 then return 0 end
local standing = redis.call('zscore', KEYS[2], ARGV[4])
if standing and tonumber(standing) == tonumber(ARGV[3]) then return redis.call('zrank', KEYS[2], ARGV[4]) end
-- Byte by byte, as the set is sorted: Lua's own order of texts is that of the server's locale.
local function precedes(one, two)
  for at = 1, math.min(#one, #two) do
    local left, right = string.byte(one, at), string.byte(two, at)
    if left ~= right then return left < right end
  end
  return #one < #two
end
local low = redis.call('zcount', KEYS[2], '-inf', '(' .. ARGV[3])
local high = redis.call('zcount', KEYS[2], '-inf', ARGV[3])
while low < high do
  local middle = math.floor((low + high) / 2)
  if precedes(redis.call('zrange', KEYS[2], middle, middle)[1], ARGV[4]) then low = middle + 1 else high = middle end
end
return low`,
);
