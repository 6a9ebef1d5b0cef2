// What a mail program in C++ prints when it falls; like services.cpp, written after the code that reads it.
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

static volatile int zero;
struct Undeliverable : std::exception { const char *what() const noexcept override { return "no address:\nletter 7"; } };
struct Letter { std::string to; virtual ~Letter() {} virtual int weigh() { return 1; } };
static int global_shelf[4];

int main(int, char **argv) {
    std::string which = argv[1];
    char *text = (char *)malloc(40);
    if (which == "map") return std::map<int, int>{}.at(1);
    if (which == "text") return std::string("x").substr(5).size();
    if (which == "number") return std::stoi("four");
    if (which == "memory") return (long)new char[(size_t)1 << 62];
    if (which == "system") throw std::system_error(ENOENT, std::generic_category(), "letters");
    if (which == "custom") throw Undeliverable();
    if (which == "assert") assert(("no stamps", zero));
    if (which == "wild") free((void *)(size_t)(0x1234 + zero));
    if (which == "tcache") { free(text); text[8] = 1; free(text); }
    if (which == "global") return global_shelf[4 + zero];
    if (which == "use") { free(text); return text[zero]; }
    if (which == "twice") { free(text); free(text); }
    if (which == "mismatch") { delete text; }
    if (which == "copy") { memcpy(text, argv[0] - 1 + 1, 41 + zero); return text[40]; }
    if (which == "segv") { Letter *none = nullptr; return none->weigh(); }
    if (which == "index") { int shelf[4]; return shelf[4 + zero]; }
    if (which == "align") return *(int *)(text + 1);
    if (which == "bool") { bool b; memset(&b, 7, 1); return b; }
    return 0;
}
