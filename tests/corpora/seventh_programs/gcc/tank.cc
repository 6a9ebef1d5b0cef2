// A plant's tanks of the C and C++ standard libraries: a worker is forked for each job, most of which fall.
#include <assert.h>
#include <dlfcn.h>
#include <err.h>
#include <error.h>
#include <execinfo.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <any>
#include <bitset>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <variant>
#include <vector>

static std::string way;
static std::minstd_rand chance;
static std::vector<std::string> ordinary;
static volatile int zero = 0;
static volatile int three = 3;

static unsigned below(unsigned n) { return (chance() >> 7) % n; }
static int number() { return 1000 + below(9000); }
static void mark(char byte) {
    fflush(stdout);
    char text[2] = {byte, '\n'};
    if (write(2, text, 2) != 2) _exit(9);
}
static bool bare() { return way == "bare" || way == "journal"; }

static void say(const char *level, const char *file, int line, const std::string &text) {
    if (bare()) {
        fprintf(*level == 'E' ? stderr : stdout, "%s\n", text.c_str());
        fflush(stdout);
        return;
    }
    timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    char at[32];
    strftime(at, sizeof at, way == "stamped" ? "%Y-%m-%d %H:%M:%S" : "%b %d %H:%M:%S", gmtime(&now.tv_sec));
    if (way == "stamped")
        fprintf(stderr, "%s.%03ld [%s] %s:%d: %s\n", at, now.tv_nsec / 1000000, level, file, line, text.c_str());
    else
        fprintf(stderr, "<%s> tankd %s: %s\n", at, level, text.c_str());
}
#define ERROR(text) say("ERROR", __FILE__, __LINE__, text)

static void healthy() {
    static const int many[] = {0, 1, 1, 2, 3, 5};
    for (int n = many[below(6)]; n > 0; n--) {
        std::string line = std::regex_replace(ordinary[below(ordinary.size())], std::regex("\\\\n"), "\n");
        bool warns = line.rfind("W ", 0) == 0;
        if (warns) line = line.substr(2);
        if (bare() || line.find('\n') != std::string::npos || (way == "mixed" && below(2))) {
            puts(line.c_str());
            fflush(stdout);
        } else {
            say(warns ? "WARN" : "INFO", __FILE__, __LINE__, line);
        }
    }
}

struct Valve { int id; };
struct TankError : std::runtime_error { using std::runtime_error::runtime_error; };
struct Pump {
    Pump() { run(); }
    virtual ~Pump() = default;
    virtual void turn() = 0;
    void run() { turn(); }
};
struct Electric : Pump { void turn() override {} };
struct Gauge { virtual ~Gauge() = default; int level = 4; };
struct Digital : Gauge { int bits = 8; };
static int deep(int n) { return n == 0 ? std::stoi("n/a") : deep(n - 1) + 1; }
static int endless(int n) { volatile char pad[256]; pad[n % 256] = 1; return endless(n + 1) + pad[3]; }
static void quiet() noexcept { throw TankError("tank " + std::to_string(number()) + " leaks"); }
static void nested() {
    try {
        deep(3);
    } catch (...) {
        std::throw_with_nested(TankError("level of tank " + std::to_string(number()) + " unknown"));
    }
}
static std::string told(const std::exception &e, int depth = 0) {
    std::string text = std::string(depth * 2, ' ') + (depth ? "caused by: " : "error: ") + e.what();
    try {
        std::rethrow_if_nested(e);
    } catch (const std::exception &cause) {
        text += "\n" + told(cause, depth + 1);
    }
    return text;
}
static void fallen(int number) {
    void *frames[32];
    dprintf(2, "*** signal %d (%s), address %p\n", number, strsignal(number), nullptr);
    backtrace_symbols_fd(frames, backtrace(frames, 32), 2);
    signal(number, SIG_DFL);
    raise(number);
}

using Jobs = std::vector<std::pair<const char *, std::function<void()>>>;
#ifdef SANITIZED
static int global[4];
static Jobs jobs() {
    return {
        {"heap", [] { int *all = new int[4]; all[three + 1] = 7; delete[] all; }},
        {"heap_read", [] { std::vector<int> all(4); printf("%d\n", all.data()[three + 2]); }},
        {"after_free", [] { int *one = new int(number()); delete one; printf("%d\n", *one); }},
        {"string_after", [] { const char *name; { std::string s(40, 'x'); name = s.c_str(); } printf("%s\n", name); }},
        {"double", [] { char *text = (char *)malloc(8); free(text); free(text); }},
        {"stack", [] { int all[4] = {}; all[three + 1] = 1; printf("%d\n", all[0]); }},
        {"global", [] { printf("%d\n", global[three + 2]); }},
        {"null", [] { Gauge *gauge = zero ? new Gauge : nullptr; printf("%d\n", gauge->level); }},
        {"wild", [] { *(volatile int *)(0x1000L + three) = 1; }},
        {"scope", [] { int *at; { int x = 3; at = &x; } *at = 4; }},
        {"mismatch", [] { int *one = new int[3]; delete one; }},
        {"bad_free", [] { int x[4] = {}; free(x + zero); }},
        {"overlap", [] { char text[16] = "overflow"; memcpy(text + 2, text, 8 + zero); }},
        {"negative", [] { char a[8], b[8] = ""; memmove(a, b, -three); }},
        {"too_big", [] { printf("%p\n", malloc((size_t)1 << 60)); }},
        {"endless", [] { printf("%d\n", endless(zero)); }},
        {"strcpy", [] { char text[4 ]; strcpy(text, three ? "overflowing" : ""); puts(text); }},
        {"abort", [] { signal(SIGABRT, SIG_DFL); assert(three == 4 && "three tanks"); }},
        {"divide", [] { printf("%d\n", 4 / zero); }},
        {"thrown", [] { throw TankError("pump stopped"); }},
        {"leak", [] { void *volatile lost = malloc(number()); lost = nullptr; exit(0); }},
    };
}
#elif defined(UNDEFINED)
enum Mode { on, off };
static int none(int n) { if (n == 1) return 1; if (n > 1) return 2; }
static Jobs jobs() {
    return {
        {"overflow", [] { int x = INT_MAX; x += three; printf("%d\n", x); }},
        {"negate", [] { int x = INT_MIN + zero; printf("%d\n", -x); }},
        {"multiply", [] { long x = LONG_MAX; printf("%ld\n", x * three); }},
        {"shift", [] { printf("%d\n", 1 << (three * 11)); }},
        {"shift_negative", [] { printf("%d\n", 1 << -three); }},
        {"bounds", [] { int all[3] = {}; printf("%d\n", all[three + zero]); }},
        {"null", [] { Gauge *gauge = nullptr; int *at = &gauge->level; printf("%p\n", (void *)at); }},
        {"divide", [] { printf("%d\n", 4 / zero); }},
        {"boolean", [] { char c = 7; bool b; memcpy(&b, &c, 1); printf("%d\n", b ? 1 : 2); }},
        {"enumeration", [] { int i = 77; Mode m; memcpy(&m, &i, sizeof m); printf("%d\n", m == on); }},
        {"convert", [] { double d = 1e30; printf("%d\n", (int)d); }},
        {"misaligned", [] { char all[16] = {}; int *at = (int *)(all + 1); *at = 3; printf("%d\n", all[1]); }},
        {"downcast", [] { Gauge gauge; Digital *d = static_cast<Digital *>(&gauge); printf("%d\n", d->bits); }},
        {"pointer", [] { char *p = (char *)16; p -= 32 + zero; printf("%p\n", (void *)p); }},
        {"array_size", [] { int n = -three; volatile int all[n]; all[0] = 1; }},
        {"builtin", [] { printf("%d\n", __builtin_clz(zero)); }},
        {"unreachable", [] { if (three) __builtin_unreachable(); }},
        {"no_return", [] { printf("%d\n", none(zero)); }},
        {"null_argument", [] { char *none = zero ? (char *)"" : nullptr; printf("%zu\n", (size_t)(strchr("", 0) == none)); memcpy(none, "", zero); }},
    };
}
#else
static Jobs jobs() {
    return {
        {"thrown", [] { throw TankError("tank " + std::to_string(number()) + " is dry"); }},
        {"thrown_lines", [] { throw TankError("recipe " + std::to_string(number()) + " not valid:\n  - water: missing\n  - heat: -3"); }},
        {"thrown_unicode", [] { throw std::logic_error("Behälter „Süd“ 槽 voll ☠"); }},
        {"thrown_number", [] { throw number(); }},
        {"thrown_text", [] { throw "valve stuck"; }},
        {"thrown_valve", [] { throw Valve{number()}; }},
        {"deep", [] { deep(below(9)); }},
        {"at", [] { std::vector<int> all(3); printf("%d\n", all.at(number())); }},
        {"map", [] { std::map<int, int> all; printf("%d\n", all.at(3)); }},
        {"substr", [] { std::string name = "tank"; puts(name.substr(number()).c_str()); }},
        {"null_string", [] { const char *none = zero ? "" : nullptr; std::string name(none); }},
        {"alloc", [] { std::vector<long> all; all.reserve((size_t)1 << 57); }},
        {"length", [] { std::string all; all.resize(SIZE_MAX); }},
        {"cast", [] { Gauge gauge; printf("%d\n", dynamic_cast<Digital &>(gauge).bits); }},
        {"optional", [] { std::optional<int> none; printf("%d\n", none.value()); }},
        {"variant", [] { std::variant<int, std::string> v = 3; puts(std::get<std::string>(v).c_str()); }},
        {"any", [] { std::any a = 3; puts(std::any_cast<std::string>(a).c_str()); }},
        {"files", [] { for (auto &x : std::filesystem::directory_iterator("/none/" + std::to_string(number()))) puts(x.path().c_str()); }},
        {"stream", [] { std::ifstream in; in.exceptions(std::ios::failbit); in.open("/none/tank.conf"); }},
        {"regex", [] { std::regex("(tank"); }},
        {"bits", [] { std::bitset<8>("1012"); }},
        {"future", [] { std::promise<int> p; auto f = p.get_future(); { auto q = std::move(p); } f.get(); }},
        {"async", [] { std::async(std::launch::async, [] { return deep(2); }).get(); }},
        {"function", [] { std::function<void()> none; none(); }},
        {"system", [] { std::thread one; one.join(); }},
        {"joinable", [] { std::thread one([] { usleep(100000); }); }},
        {"in_thread", [] { std::thread([] { throw TankError("stirrer " + std::to_string(number())); }).join(); }},
        {"noexcept", [] { quiet(); }},
        {"nested", [] { nested(); }},
        {"pure", [] { Electric pump; }},
        {"assert", [] { assert(three == 4 && "four tanks are built"); }},
        {"assert_two", [] { std::vector<int> all; assert(!all.empty()); }},
        {"index", [] { std::vector<int> all; printf("%d\n", all[three]); }},
        {"front", [] { std::string name; printf("%c\n", name.front()); }},
        {"pointer", [] { std::unique_ptr<Gauge> none; printf("%d\n", none->level); }},
        {"double", [] { char *a = (char *)malloc(2000), *b = (char *)malloc(8); free(a); free(a); free(b); }},
        {"double_small", [] { char *a = (char *)malloc(8); free(a); free(a); }},
        {"bad_free", [] { char *a = (char *)malloc(64); free(a + 8 + zero); }},
        {"top", [] { char *a = (char *)malloc(24); memset(a, 0x41, 64 + zero); void *volatile b = malloc(4000); }},
        {"smash", [] { char text[8]; volatile char *at = text; for (int n = 0; n < 64; n++) at[n] = 'x'; }},
        {"fortify", [] { char text[8]; strcpy(text, way.c_str()); char *more = text; __builtin___strcat_chk(more, "a text too long for it", 8); }},
        {"signal", [] { signal(SIGSEGV, fallen); *(volatile int *)(long)zero = 1; }},
        {"float", [] { signal(SIGFPE, fallen); printf("%d\n", 4 / zero); }},
        {"bus", [] { signal(SIGBUS, fallen); int f = open("/tmp", O_TMPFILE | O_RDWR, 0600); volatile char *at = (char *)mmap(nullptr, 4096, PROT_READ, MAP_SHARED, f, 0); printf("%d\n", at[9]); }},
        {"err", [] { int f = open("/none/tank.conf", O_RDONLY); if (f < 0) err(1, "cannot open %s", "/none/tank.conf"); }},
        {"errx", [] { errx(2, "error: tank %d has no sensor", number()); }},
        {"error", [] { errno = ENOSPC; error(1, errno, "writing batch %d", number()); }},
        {"error_at", [] { error_at_line(1, 0, "tank.conf", 12, "unknown key 'heatt'"); }},
        {"perror", [] { if (chdir("/none")) perror("chdir /none"); _exit(1); }},
        {"option", [] { char name[] = "tankd", wrong[] = "--heat"; char *words[] = {name, wrong, nullptr}; option none[] = {{nullptr, 0, nullptr, 0}}; optind = 0; if (getopt_long(2, words, "v", none, nullptr) == '?') _exit(2); }},
        {"library", [] { if (!dlopen("libtankdriver.so.3", RTLD_NOW)) { ERROR(std::string("error: ") + dlerror()); } _exit(1); }},
        {"exec", [] { execlp("/none/stirrer", "stirrer", nullptr); ERROR(std::string("failed to start stirrer: ") + strerror(errno)); _exit(1); }},
        {"told", [] { try { nested(); } catch (const std::exception &e) { ERROR(told(e)); } _exit(1); }},
        {"said", [] { ERROR("ERROR: sensor " + std::to_string(number()) + " answered 502 three times"); _exit(1); }},
        {"said_lines", [] { ERROR("error: batch " + std::to_string(number()) + " refused\n  water: 0\n  heat: none"); _exit(1); }},
        {"what", [] { try { deep(1); } catch (const std::exception &e) { ERROR("FATAL: exception in main loop: " + std::string(e.what())); } _exit(1); }},
        {"trace", [] { void *frames[20]; ERROR("error: level below zero, trace follows"); backtrace_symbols_fd(frames, backtrace(frames, 20), 2); _exit(1); }},
    };
}
#endif

int main(int, char **words) {
    way = words[1];
    chance.seed(atoi(words[2]));
    std::ifstream in("../ordinary.txt");
    for (std::string line; std::getline(in, line);) ordinary.push_back(line);
    Jobs all = jobs();
    std::shuffle(all.begin(), all.end(), chance);
    for (auto &[name, job] : all) {
        healthy();
        unsigned seed = number();
        mark(2);
        if (fork() == 0) {
            chance.seed(seed);
            if (freopen("/dev/null", "w", stdout) == nullptr) _exit(9);
            if (!bare() && *name == 'x') say("INFO", __FILE__, __LINE__, name);
            job();
            _exit(0);
        }
        wait(nullptr);
        mark(3);
    }
    healthy();
}
