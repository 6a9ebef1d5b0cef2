// Falls in other ways than `falls.cpp`.
#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <variant>

struct BankDown : std::exception {
    std::string text = "bank one is down\nsince noon";
    const char *what() const noexcept override { return text.c_str(); }
};
struct Tea { virtual int pour() = 0; Tea() { call(); } void call() { pour(); } };
struct Green : Tea { int pour() override { return 3; } };
static volatile int zero;
static char *shelf;
static void pay() noexcept { throw BankDown(); }

int main(int, char **arguments) {
    std::string way = arguments[1];
    fprintf(stderr, "[2026-11-22 10:01:02.123] [shop] [info] cart 17 was opened\n");
    if (way == "bank") throw BankDown();
    if (way == "noexcept") pay();
    if (way == "pure") Green().call();
    if (way == "map") std::map<std::string, int>{}.at("tea");
    if (way == "variant") { std::variant<int, std::string> tea = 3; std::get<1>(tea); }
    if (way == "function") std::function<void()>()();
    if (way == "substr") std::string("tea").substr(7);
    if (way == "future") std::async(std::launch::async, [] { throw std::domain_error("in a future"); }).get();
    if (way == "length") std::string(std::string::npos - zero, 'x');
    if (way == "unreachable") assert(!"reached");
    if (way == "stream") { std::ifstream file; file.exceptions(std::ios::failbit); file.open("/etc/shop/missing"); }
    if (way == "realloc") { char *till = (char *)malloc(64); shelf = (char *)realloc(till + 16 + zero, 128); }
    if (way == "new-delete") { int *items = new int[3]; delete items; }
    if (way == "return") { auto f = []() -> int * { static int *p; int items[3] = {1}; p = items; return p; }; printf("%d\n", *f()); }
    if (way == "memcpy") { char *a = new char[8]; memcpy(a + zero, "tea and milk and sugar", 22 + zero); puts(a); }
    if (way == "deep") { std::function<int(int)> again = [&](int n) { return again(n + 1) + 1; }; printf("%d\n", again(0)); }
    if (way == "thread-leak") { shelf = new char[100]; shelf = nullptr; int *tea = (int *)malloc(40); tea = nullptr; (void)tea; }
    if (way == "divide") printf("%d\n", 3 / zero);
    if (way == "cast") printf("%d\n", (int)(1e30 + zero));
    if (way == "bool") { unsigned char two = 2 + zero; printf("%d\n", *(bool *)&two); }
    if (way == "lock") { int count = 0; std::thread one([&] { count = 1; }); count = 2; one.join(); printf("%d\n", count); }
}
