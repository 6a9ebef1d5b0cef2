// What C and C++ print when they fall, case by case; built plain and with each sanitizer.
#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

static int shared_total;
static volatile int zero;

__attribute__((noinline)) void smash(const char *text) { char shelf[8]; strcpy(shelf, text); printf("%s\n", shelf); }
__attribute__((noinline)) int fallen(int n) { return n; }

int main(int, char **argv) {
    std::string which = argv[1];
    int *shelf = new int[4];
    if (which == "double") { free(malloc(8)); char *tea = (char *)malloc(2000); free(tea); free(tea); }
    if (which == "invalid") { char *tea = (char *)malloc(64); free(tea + 8); }
    if (which == "corrupt") { char *tea = (char *)malloc(24); memset(tea, 'x', 48); free(malloc(4000)); char *more = (char *)malloc(60000); (void)more; }
    if (which == "smash") smash("tea, coffee, milk, sugar, bread and butter");
    if (which == "assert") assert(zero == 1);
    if (which == "throw") throw std::runtime_error("no tea");
    if (which == "throwtext") throw "no tea";
    if (which == "vector") return std::vector<int>(3).at(7);
    if (which == "terminate") std::terminate();
    if (which == "pure") std::abort();
    if (which == "overflow") return shelf[5 + zero];
    if (which == "freed") { delete[] shelf; return shelf[zero]; }
    if (which == "stack") { int here[3]; here[0] = 1; return here[3 + zero]; }
    if (which == "null") { int *none = (int *)(size_t)zero; return *none; }
    if (which == "leak") { shelf = nullptr; char *lost = (char *)malloc(77); lost = nullptr; return fallen(0); }
    if (which == "race") { std::thread a([] { shared_total++; }), b([] { shared_total++; }); a.join(); b.join(); }
    if (which == "signed") { int most = 2147483647; return most + 1 + zero > 0; }
    if (which == "shift") return 1 << (33 + zero);
    if (which == "divide") return 7 / zero;
    return 0;
}
