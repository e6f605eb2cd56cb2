/* Work for Lua: what scripts do most, tables, strings, closures, calls and numbers. */
#include "../programs/bench.h"
#include "lauxlib.h"
#include "lualib.h"

static const char script[] =
    "local seed = ...\n"
    "local function random(n)\n"
    "    seed = (seed * 16807) % 2147483647\n"
    "    return seed % n + 1\n"
    "end\n"
    "local sum = 0\n"
    "local function mix(x) sum = (sum * 31 + x) % 4294967291 end\n"
    "local items = {}\n"
    "for i = 1, 20000 do items[i] = {id = i, price = random(1000) / 8, name = 'item ' .. "
    "random(500)} end\n"
    "local by_name = {}\n"
    "for _, item in ipairs(items) do\n"
    "    local group = by_name[item.name] or {}\n"
    "    by_name[item.name] = group\n"
    "    group[#group + 1] = item\n"
    "end\n"
    "local names = {}\n"
    "for name in pairs(by_name) do names[#names + 1] = name end\n"
    "table.sort(names, function(a, b) return #by_name[a] > #by_name[b] or (#by_name[a] "
    "== #by_name[b] and a < b) end)\n"
    "for i, name in ipairs(names) do\n"
    "    local total = 0\n"
    "    for _, item in ipairs(by_name[name]) do total = total + item.price end\n"
    "    mix(math.floor(total * 8) + i)\n"
    "    for number in string.gmatch(name, '%d+') do mix(tonumber(number)) end\n"
    "    mix(#string.gsub(name .. ' and ' .. name, 'item', 'thing'))\n"
    "end\n"
    "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) "
    "end\n"
    "mix(fib(22))\n"
    "local function counter() local n = 0; return function(d) n = n + d; return n end "
    "end\n"
    "local count = counter()\n"
    "for i = 1, 100000 do count(i & 7) end\n"
    "mix(count(0))\n"
    "local sieve, primes = {}, 0\n"
    "for i = 2, 30000 do\n"
    "    if not sieve[i] then\n"
    "        primes = primes + 1\n"
    "        for k = i * i, 30000, i do sieve[k] = true end\n"
    "    end\n"
    "end\n"
    "mix(primes)\n"
    "return sum, seed\n";

int main(int argc, char **argv)
{
    lua_State *L = luaL_newstate();
    if (!L)
        return 1;
    luaL_requiref(L, LUA_GNAME, luaopen_base, 1);
    luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 1);
    luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 1);
    luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 1);
    uint64_t sum = 0;
    lua_Integer seed = 42;
    for (int round = bench_rounds(argc, argv, 60); round > 0; round--) {
        lua_settop(L, 0);
        if (luaL_loadstring(L, script) != LUA_OK)
            return 1;
        lua_pushinteger(L, seed);
        if (lua_pcall(L, 1, 2, 0) != LUA_OK)
            return 1;
        sum = sum * 31 + (uint64_t)lua_tointeger(L, 1);
        seed = lua_tointeger(L, 2);
    }
    lua_close(L);
    return bench_report(sum);
}
