-- What scripts do: strings, patterns, tables, closures, metatables, numbers. No errors and no coroutines,
-- which need setjmp.
local function generator(seed)
  return function(n)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed // 65536 % n
  end
end

local random = generator(42)
local syllables = { "ka", "lo", "mi", "ne", "ru", "ta", "vo", "xi" }
local words = {}
for i = 1, 20000 do
  local word = {}
  for _ = 1, 1 + random(3) do word[#word + 1] = syllables[1 + random(#syllables)] end
  words[i] = table.concat(word)
end

local counts = {}
for word in table.concat(words, " "):gmatch("%a+") do counts[word] = (counts[word] or 0) + 1 end
local ranking = {}
for word, n in pairs(counts) do ranking[#ranking + 1] = { word = word, n = n } end
table.sort(ranking, function(a, b) return a.n > b.n or a.n == b.n and a.word < b.word end)
for i = 1, 10 do print(string.format("%2d %-8s %5d", i, ranking[i].word, ranking[i].n)) end

local function queens(n)
  local columns, up, down, found = {}, {}, {}, 0
  local function place(row)
    if row > n then found = found + 1 return end
    for c = 1, n do
      if not (columns[c] or up[row + c] or down[row - c]) then
        columns[c], up[row + c], down[row - c] = true, true, true
        place(row + 1)
        columns[c], up[row + c], down[row - c] = nil, nil, nil
      end
    end
  end
  place(1)
  return found
end
print("queens", queens(8))

local Vector = {}
Vector.__index = Vector
Vector.__add = function(a, b) return setmetatable({ a[1] + b[1], a[2] + b[2] }, Vector) end
Vector.__tostring = function(v) return string.format("(%.6g, %.6g)", v[1], v[2]) end
local sum = setmetatable({ 0, 0 }, Vector)
for i = 1, 10000 do sum = sum + setmetatable({ math.sin(i), 1 / i }, Vector) end
print(sum)

local text = ("the quick brown fox "):rep(500)
print((text:gsub("(%w+) (%w+)", "%2 %1")):sub(1, 60), #text:upper(), text:find("fox", 1000, true))
print(1 << 40, 7 // 2, -7 % 3, 2 ^ 0.5, 0x10p2, math.maxinteger + 1 == math.mininteger, 10 / 3)
print(string.pack("<i4d", 1, 0.5):byte(1, -1))
print(#arg, arg[1], select("#", table.unpack({ 1, 2, 3 })))

local lines = 0
for _ in io.lines("data") do lines = lines + 1 end
print("lines", lines)
