// A printing shop: printshop way seed start state
#include <cassert>
#include <climits>
#include <cmath>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <execinfo.h>
#include <fcntl.h>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <variant>
#include <optional>
#include <any>
#include <vector>
#include <random>
#include <algorithm>
#include <cerrno>

static std::mt19937 chance;
static std::string way;

static int number() { return 2 + chance() % 9000; }
template <class T> static T pick(std::initializer_list<T> list) { return *(list.begin() + chance() % list.size()); }

static void say(const char *level, const char *format, ...)
{
    char text[600], stamp[40];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    time_t now = time(nullptr);
    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", gmtime(&now));
    fprintf(stderr, "%s [%s] %s\n", stamp, level, text);
}

static void work()
{
    for (int i = 2 + chance() % 3; i > 0; i--) {
        int n = number();
        switch (chance() % 6) {
        case 0: say("INFO", "job %d queued for press %d", n, n % 5); break;
        case 1: say("INFO", "press %d printed %d sheets", n % 5, n); break;
        case 2: say("INFO", "plate %d exposed", n); break;
        case 3: say("INFO", "GET /jobs/%d 200 %dms", n, n % 60); break;
        case 4: say("INFO", "ink cyan at %d percent", n % 100); break;
        default: say("INFO", "job %d folded and packed", n);
        }
    }
    if (chance() % 10 < 4) {
        int n = number();
        switch (chance() % 6) {
        case 0: say("INFO", "preflight of job %d: 0 errors", n); break;
        case 1: say("INFO", "proof %d compared, no error found", n); break;
        case 2: say("INFO", "GET /faq/exception-from-folding/%d 200 1ms", n); break;
        case 3: say("INFO", "cutter answered {\"job\":%d,\"error\":null}", n); break;
        case 4: say("INFO", "upload of proof %d done on attempt 2", n); break;
        default: say("WARN", "ink black at %d percent", n % 15);
        }
    }
}

static void save(const char *path, const std::string &text)
{
    FILE *file = fopen(path, "w");
    fputs(text.c_str(), file);
    fclose(file);
}

#define KEEP __attribute__((noinline))

static void plain()
{
    int n = number();
    switch (chance() % 7) {
    case 0: say("ERROR", "cannot open /srv/print/job-%d.pdf: %s", n, strerror(ENOENT)); break;
    case 1: say("ERROR", "connect to press %d failed: %s", n % 5, strerror(ECONNREFUSED)); break;
    case 2: say("ERROR", "job %d failed: colour profile is missing", n); break;
    case 3: say("ERROR", "write failed after %d bytes: %s", n, strerror(ENOSPC)); break;
    case 4: say("ERROR", "timed out waiting for the folder of job %d", n); break;
    case 5: say("FATAL", "could not lock spool %d: %s", n, strerror(EACCES)); break;
    default: say("ERROR", "login failed for customer %d", n);
    }
}

static void lines()
{
    int n = number();
    if (n % 2) say("ERROR", "preflight of job %d failed:\n    page 3: font not embedded\n    page %d: image below 300 dpi", n, n % 90);
    else say("ERROR", "configuration is invalid:\n    press.%d.speed: not a number\n    spool: no such directory", n % 7);
}

static void thrown()
{
    int n = number();
    try {
        switch (chance() % 5) {
        case 0: std::stoi("A4"); break;
        case 1: std::vector<int>(4).at(n); break;
        case 2: std::string("sheet").substr(n); break;
        case 3: std::map<int, int>().at(n); break;
        default: throw std::runtime_error("roll " + std::to_string(n) + " tore");
        }
    } catch (const std::exception &e) {
        say("ERROR", "unhandled exception in job %d: %s", n, e.what());
    }
}

KEEP static void crash(int *sheet) { *sheet = number(); }
static void segfault() { crash(nullptr); }

#if defined(ASAN)
#include <sanitizer/lsan_interface.h>
KEEP static void overflow_heap() { char *p = new char[8 + number() % 8]; volatile int i = 40; p[i] = 1; delete[] p; }
KEEP static void read_heap() { int *p = (int *)malloc(40); volatile int i = 10; volatile int v = p[i]; free(p); }
KEEP static void after_free() { int *p = new int[10]; delete[] p; volatile int v = p[3]; }
KEEP static void twice() { char *p = (char *)malloc(number()); free(p); free(p); }
KEEP static void bad_free() { int on_stack[4]; int *volatile p = on_stack + 1; free(p); }
KEEP static void mismatch() { char *p = new char[10]; char *volatile q = p; free(q); }
KEEP static void on_stack() { int rows[10]; volatile int i = 10; rows[i] = number(); }
static int plates[8];
KEEP static void global() { volatile int i = 9; plates[i] = number(); }
KEEP static int *leave() { int x = number(); int *volatile p = &x; return p; }
KEEP static void scope() { int *volatile p; { int x = number(); p = &x; } *p = 3; }
KEEP static void copied() { char to[8]; volatile size_t n = 20; const char *from = "a very long name of a job"; memcpy(to, from, n); }
KEEP static void named() { char to[6]; const char *volatile from = "brochure"; strcpy(to, from); }
KEEP static void negative() { volatile long n = -5; volatile char *p = (char *)malloc((size_t)n); }
KEEP static void in_thread() { std::thread([] { after_free(); }).join(); }
KEEP static void deep_free() { std::vector<int> v(3); v.reserve(3); int *p = v.data(); v.resize(900); volatile int x = *p; }
KEEP static int down(int n) { volatile char page[4096]; page[0] = n; return down(n + 1) + page[0]; }
KEEP static void recursion() { down(0); }
KEEP static void overlap() { char b[30] = "abcdefghijklmnop"; volatile size_t n = 10; memcpy(b + 2, b, n); }
static const std::vector<std::function<void()>> DYING = {overflow_heap, read_heap, after_free, twice, bad_free, mismatch, on_stack, global, scope, copied, named, negative,
    in_thread, deep_free, recursion, overlap, segfault};
KEEP static void forget() { for (int i = 1 + number() % 3; i > 0; i--) memset(malloc(24 + number() % 900), 1, 8); }
KEEP static void wipe() { volatile char page[3000]; for (auto &c : page) c = 0; }
KEEP static void leaked() { forget(); wipe(); __lsan_do_recoverable_leak_check(); }
static const std::vector<std::function<void()>> LIVING = {leaked};
#elif defined(UBSAN)
KEEP static void sum() { volatile int a = INT_MAX; a = a + number(); }
KEEP static void product() { volatile int a = INT_MAX / 2; a = a * number(); }
KEEP static void difference() { volatile int a = INT_MIN; a = a - number(); }
KEEP static void negated() { volatile int a = INT_MIN; a = -a; }
KEEP static void shift() { volatile int a = 1, b = 32 + number() % 60; a = a << b; }
KEEP static void shift_negative() { volatile int a = 5, b = -number(); a = a >> b; }
KEEP static void bounds() { int rows[4] = {}; volatile int i = 4; volatile int v = rows[i]; }
KEEP static void aligned() { alignas(8) char b[16] = {}; char *volatile p = b + 1; volatile int v = *(int *)p; }
KEEP static void boolean() { volatile unsigned char c = 3 + number() % 200; volatile bool b = *(volatile bool *)&c; }
enum Paper { A3, A4 };
KEEP static void paper() { volatile int n = 40; Paper p; memcpy(&p, (void *)&n, 4); volatile int v = p; }
KEEP static void length() { volatile int n = -3; char page[n]; page[0] = 1; }
KEEP static void ref() { int *volatile p = nullptr; int &r = *p; }
KEEP static void builtin() { volatile unsigned n = 0; volatile int v = __builtin_clz(n); }
struct Job { int pages = 3; virtual ~Job() = default; virtual int count() { return pages; } };
struct Cover : Job {};
KEEP static int unreturned(int n) { if (n < 0) return 1; }
KEEP static void offset() { char *volatile p = (char *)8; char *volatile q = p - number() * 100; }
KEEP static void real() { volatile double d = 1e30; volatile int v = (int)d; }
KEEP static void casted() { Job j; Job *volatile p = &j; volatile int v = static_cast<Cover *>(p)->count(); }
KEEP static void zero() { volatile int a = number(), b = 0; a = a / b; }
KEEP static void missing() { unreturned(number()); }
KEEP static void member() { Job *volatile p = nullptr; volatile int v = p->pages; }
static const std::vector<std::function<void()>> LIVING = {sum, product, difference, negated, shift, shift_negative, bounds, aligned, boolean, ref, builtin, offset, casted,
    length};
static const std::vector<std::function<void()>> DYING = {missing};
#else
static void handler(int signal)
{
    void *frames[32];
    int count = backtrace(frames, 32);
    dprintf(2, "FATAL: caught signal %d (%s), backtrace:\n", signal, strsignal(signal));
    backtrace_symbols_fd(frames, count, 2);
    _exit(128 + signal);
}
KEEP static void segfault_told() { signal(SIGSEGV, handler); segfault(); }
KEEP static void fpe_told() { signal(SIGFPE, handler); volatile int a = number(), b = 0; a = a / b; }
KEEP static void terminated() { throw std::runtime_error("press " + std::to_string(number()) + " jammed"); }
KEEP static void at() { std::vector<int> v(4); v.at(number()); }
KEEP static void key() { std::map<std::string, int>().at("paper"); }
KEEP static void stoi() { std::stoi("A4"); }
KEEP static void substr() { std::string("sheet").substr(number()); }
KEEP static void big() { std::string().resize((size_t)-1 / 2 + 8); }
KEEP static void optional() { std::optional<int>().value(); }
KEEP static void variant() { std::variant<int, std::string> v = 3; std::get<std::string>(v); }
KEEP static void any() { std::any_cast<int>(std::any(std::string("x"))); }
KEEP static void integer() { throw 42; }
KEEP static void system_failed() { throw std::system_error(ENOENT, std::generic_category(), "cannot open the spool"); }
KEEP static void several() { throw std::invalid_argument("job " + std::to_string(number()) + " is not valid:\n  - no paper\n  - no colour"); }
KEEP static void asserted() { int sheets = -number(); assert(sheets >= 0 && "sheet count is negative"); }
KEEP static void indexed() { std::vector<int> v(3); volatile size_t i = number(); v[i] = 3; }
KEEP static void front() { std::vector<int> v; volatile int x = v.front(); }
KEEP static void smart() { std::unique_ptr<std::string> p; volatile size_t n = p->size(); }
KEEP static void twice() { char *volatile p = (char *)malloc(number() + 4000); char *volatile guard = (char *)malloc(64); free(p); char *volatile q = p; free(q); free(q); }
KEEP static void bad_free() { char b[64]; char *volatile p = b + 24; free(p); }
KEEP static void smashed() { char b[8]; volatile int n = 40; for (int i = 0; i < n; i++) ((volatile char *)b)[i] = 'x'; }
KEEP static void fortified() { char b[8]; const char *volatile from = "a very long name of a job"; strcpy(b, from); fputs(b, stdout); }
KEEP static void aborted() { fprintf(stderr, "printshop: fatal error: spool %d is corrupt, aborting\n", number()); abort(); }
KEEP static void checked() { fprintf(stderr, "printshop.cc:%d: CHECK failed: sheets > 0 (%d vs. 0)\n", __LINE__, -number()); abort(); }
KEEP static void in_thread() { std::thread([] { terminated(); }).join(); }
static const std::vector<std::function<void()>> LIVING;
static const std::vector<std::function<void()>> DYING = {segfault_told, fpe_told, terminated, at, key, stoi, substr, big, optional, variant, any, integer, system_failed, several,
    asserted, indexed, front, smart, twice, bad_free, smashed, fortified, aborted, checked, in_thread};
#endif

int main(int count, char **arguments)
{
    way = arguments[1];
    int seed = atoi(arguments[2]), start = atoi(arguments[3]);
    setvbuf(stderr, nullptr, _IONBF, 0);
    std::vector<std::function<void()>> jobs = DYING;
    for (int i = 0; i < (LIVING.empty() ? 1 : 2); i++) jobs.insert(jobs.end(), LIVING.begin(), LIVING.end());
    jobs.insert(jobs.end(), 8, plain);
    jobs.insert(jobs.end(), 5, lines);
    jobs.insert(jobs.end(), 5, thrown);
    std::shuffle(jobs.begin(), jobs.end(), std::mt19937(seed));
    chance.seed(seed * 1000 + start);
    say("INFO", "printing shop started");
    for (size_t i = start; i < jobs.size(); i++) {
        save(arguments[4], std::to_string(i));
        work();
        fputs("\2\n", stderr);
        jobs[i]();
        fputs("\3\n", stderr);
    }
    work();
    say("INFO", "printing shop stopped");
    save(arguments[4], "done");
}
