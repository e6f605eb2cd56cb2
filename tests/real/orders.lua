-- Prices the orders of orders.csv into ledger.csv, line by line, and remembers the customers.
local orders = assert(io.open("orders.csv"))
local ledger = assert(io.open("ledger.csv", "w"))
io.stdout:setvbuf("line")

-- What insuring the pieces costs: the lowest point of a random walk. It takes its time.
local function premium(seed, pieces)
  local balance, lowest = 0, 0
  for _ = 1, pieces * 20 do
    seed = (seed * 1103515245 + 12345) % 2147483648
    balance = balance + (seed // 65536 % 2 * 2 - 1)
    if balance < lowest then lowest = balance end
  end
  return -lowest
end

local amounts, names = {}, {}
local n_orders = tonumber(orders:read())
local n = 0
for line in orders:lines() do
  local id, name, pieces, price = line:match("^(%d+),(%a+),(%d+),(%d+)$")
  local amount = pieces * price + premium(tonumber(id), tonumber(pieces))
  if not amounts[name] then
    amounts[name] = 0
    names[#names + 1] = name
  end
  amounts[name] = amounts[name] + amount
  ledger:write(string.format("%d,%s,%d\n", id, name, amount))
  n = n + 1
  if n * 10 // n_orders > (n - 1) * 10 // n_orders then
    print(string.format("%3d %% of the orders are priced", n * 100 // n_orders))
  end
end
ledger:close()

table.sort(names, function(a, b) return amounts[a] > amounts[b] end)
print(string.format("%d orders of %d customers; the best is %s with %d", n, #names, names[1], amounts[names[1]]))
