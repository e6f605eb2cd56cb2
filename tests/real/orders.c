/* What orders.lua does, for where there is no Lua: prices the orders of orders.csv into
 * ledger.csv, line by line, and remembers the customers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CUSTOMERS = 1000 };

static struct {
    char name[16];
    long long amount;
} customers[MOST_CUSTOMERS];
static int n_customers;

/* What insuring the pieces costs: the lowest point of a random walk. It takes its time.
 */
static int premium(unsigned seed, int pieces)
{
    int balance = 0, lowest = 0;
    for (int i = 0; i < pieces * 1000; i++) {
        seed = (seed * 1103515245u + 12345) % 2147483648u;
        balance += (int)(seed / 65536 % 2) * 2 - 1;
        if (balance < lowest)
            lowest = balance;
    }
    return -lowest;
}

static long long *amount_of(const char *name)
{
    int i = 0;
    while (i < n_customers && strcmp(customers[i].name, name) != 0)
        i++;
    if (i == MOST_CUSTOMERS)
        exit(1);
    if (i == n_customers)
        strcpy(customers[n_customers++].name, name);
    return &customers[i].amount;
}

static int best_customer(void)
{
    int best = 0;
    for (int i = 1; i < n_customers; i++)
        if (customers[i].amount > customers[best].amount)
            best = i;
    return best;
}

int main(void)
{
    FILE *orders = fopen("orders.csv", "r"), *ledger = fopen("ledger.csv", "w");
    char name[16];
    int n_orders, n = 0, id, pieces, price;
    if (!orders || !ledger || fscanf(orders, "%d", &n_orders) != 1)
        return 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fscanf(orders, "%d,%15[^,],%d,%d", &id, name, &pieces, &price) == 4) {
        int amount = pieces * price + premium((unsigned)id, pieces);
        *amount_of(name) += amount;
        fprintf(ledger, "%d,%s,%d\n", id, name, amount);
        n++;
        if (n * 10 / n_orders > (n - 1) * 10 / n_orders)
            printf("%3d %% of the orders are priced\n", n * 100 / n_orders);
    }
    fclose(ledger);
    int best = best_customer();
    printf("%d orders of %d customers; the best is %s with %lld\n", n, n_customers,
           customers[best].name, customers[best].amount);
    return 0;
}
