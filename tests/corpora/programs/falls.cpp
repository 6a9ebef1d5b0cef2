// Falls as C and C++ programs fall, with and without sanitizers: by argument, one way each.
#include <cassert>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

static int total;
static volatile int zero;

static void say(const char *text) { fprintf(stderr, "2026-11-22 10:01:02.123 INFO  [shop] %s\n", text); }
static int *basket(int size) { return new int[size]; }
static int charge(int *items, int at) { return items[at]; }

int main(int, char **arguments) {
    std::string way = arguments[1];
    say("cart 17 was opened");
    if (way == "use-after-free") { int *items = basket(3); delete[] items; printf("%d\n", charge(items, 1)); }
    if (way == "overflow") { int *items = basket(3); printf("%d\n", charge(items, 3 + zero)); }
    if (way == "stack-overflow") { int items[3] = {1, 2, 3}; printf("%d\n", charge(items, 4 + zero)); }
    if (way == "leak") { basket(1000); say("cart 17 was closed"); }
    if (way == "double-free") { char *till = (char *)malloc(16); free(till); free(till + zero); }
    if (way == "invalid-free") { char *till = (char *)malloc(16); free(till + 4 + zero); }
    if (way == "smash") { char till[8]; memset(till, 'x', 64 + zero); puts(till); }
    if (way == "corrupt") { char *till = (char *)malloc(24); memset(till, 'x', 64 + zero); free(malloc(2000)); malloc(3000); free(till); }
    if (way == "assertion") assert(total == 4 && "the till is empty");
    if (way == "throw") throw std::runtime_error("order 4711 cannot be charged");
    if (way == "throw-number") throw 4711;
    if (way == "range") printf("%d\n", std::vector<int>(3).at(5));
    if (way == "stoi") std::stoi("four");
    if (way == "memory") { std::vector<int> all(1L << 60); }
    if (way == "terminate") { std::thread worker([] { throw std::logic_error("worker 3"); }); worker.join(); }
    if (way == "joinable") { std::thread worker([] {}); }
    if (way == "abort") abort();
    if (way == "undefined-shift") { printf("%d\n", 1 << (40 + zero)); say("cart 17 was closed"); }
    if (way == "undefined-overflow") { int most = 2147483647 - zero; printf("%d\n", most + 1); say("cart 17 was closed"); }
    if (way == "undefined-null") { int *none = zero ? &total : nullptr; int &number = *none; (void)number; say("cart 17 was closed"); }
    if (way == "undefined-index") { int items[3] = {}; printf("%p\n", (void *)&items[(5 + zero) % 7]); say("cart 17 was closed"); }
    if (way == "segmentation") { int *none = nullptr; printf("%d\n", none[zero]); }
    if (way == "race") {
        std::thread one([] { total++; }), two([] { total++; });
        one.join(); two.join();
    }
    if (way == "perror") { FILE *file = fopen("/etc/shop/missing", "r"); if (!file) perror("fopen: error: /etc/shop/missing"); say("cart 17 was closed"); }
    if (way == "calm-printed") { say("no error found, 0 errors"); say("assertion of the till held"); }
}
