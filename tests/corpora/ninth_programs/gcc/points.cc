// Railway points: it sets them, heats them, reads their sensors, and fails in the ways such a daemon fails.
#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <variant>
#include <vector>
#include <sys/time.h>

static std::string way;
static std::mt19937 chance;
static int number(int from, int to) { return from + int(chance() % unsigned(to - from + 1)); }
template <class T> static auto &pick(const T &of) { return of[chance() % of.size()]; }
static const std::vector<std::string> places{"Wakefield North", "Bologna C.le", "Łódź Fabryczna", "Yard 7", "石家庄站", "Hallsberg", "Junction B"};

static std::string filled(std::string text) {
    for (size_t at; (at = text.find('{')) != std::string::npos;) {
        char what = text[at + 1];
        std::string by = what == 'p' ? pick(places) : std::to_string(what == 'n' ? number(1000, 99999) : number(2, 90));
        text.replace(at, 3, by);
    }
    return text;
}

static const std::vector<std::string> LINES{
    "points {o} at {p} do not report an end position", "heater {o} failed: current too low", "cannot open /dev/points{o}: no such device",
    "connection to interlocking 10.3.0.{o}:2404 refused, gave up after 5 attempts", "invalid telegram {n} from {p}", "道岔 {o} 转换失败",
    "Failed to write journal {n}: read-only file system"};
static const std::vector<std::string> MULTI{"self test of {p} failed:\n  - points {o}: no detection\n  - points {o}: motor fuse blown",
                                            "route {n} rejected\n  points {o}: locked\n  points {o}: occupied"};
static const std::vector<std::string> TOLD{"could not set route {n}", "poll of {p} failed", "error in telegram {n}", "job {n} aborted", "进路 {n} 排列失败"};
static const std::vector<std::string> WORK{"points {o} at {p} moved to the left",   "route {n} set in {o} ms",       "heater {o} on",
                                           "self test of {p}: 0 errors",            "telegram {n} acknowledged",     "no error found in table {n}",
                                           "reconnected to {p} at attempt 2",       "GET /points/{o}/exceptions 200", "道岔 {o} 已锁闭",
                                           "journal {n} written, failed=0",         "abort button of {p} tested, works"};
static const std::vector<std::string> WARNED{"points {o} moved slowly: {n} ms", "rail temperature at {p} is {o} C", "spare fuse count at {p} is low"};

// how it is logged

static std::string stamp(const char *pattern) {
    char to[64];
    time_t now = time(nullptr);
    strftime(to, sizeof to, pattern, localtime(&now));
    return to;
}
static int micros() {
    timeval now;
    gettimeofday(&now, nullptr);
    return int(now.tv_usec);
}
enum Level { INFO, WARN, ERR };
static void logged(Level level, const std::string &text) {
    static const char *low[] = {"info", "warning", "error"}, *high[] = {"INFO", "WARN", "ERROR"};
    char head[160] = "";
    if (way == "boost") snprintf(head, sizeof head, "[%s.%06d] [0x%016lx] [%s]", stamp("%Y-%m-%d %H:%M:%S").c_str(), micros(), 0x7f3a1c2d5740ul, low[level]);
    else if (way == "easylogging") snprintf(head, sizeof head, "%s,%03d %s [default]", stamp("%Y-%m-%d %H:%M:%S").c_str(), micros() / 1000, level == WARN ? "WARNING" : high[level]);
    else if (way == "syslog") snprintf(head, sizeof head, "%s depot-2 pointsd[%d]: <%s>", stamp("%b %e %H:%M:%S").c_str(), getpid(), low[level]);
    else if (way == "journal") snprintf(head, sizeof head, "[%s]", high[level]);
    else if (level == ERR) snprintf(head, sizeof head, "pointsd: error:");
    if (way == "syslog") {
        // a message of several lines is several messages to syslog, so it is written in one
        std::string flat = text;
        for (size_t at; (at = flat.find("\n  ")) != std::string::npos;) flat.replace(at, 3, " ");
        fprintf(stderr, "%s %s\n", head, flat.c_str());
    } else fprintf(stderr, *head ? "%s%s%s\n" : "%s%s%s\n", head, *head ? " " : "", text.c_str());
}
static void say(const char *mark) {
    fflush(stdout);
    fprintf(stderr, "%s\n", mark);
    fflush(stderr);
}
static void work() {
    for (int i = number(2, 4); i > 0; i--) {
        if (number(0, 9) == 0 && way != "stderr" && way.find("san") == std::string::npos) logged(WARN, filled(pick(WARNED)));
        else logged(INFO, filled(pick(WORK)));
    }
}

// what it does

struct PointsError : std::runtime_error {
    using std::runtime_error::runtime_error;
};
namespace interlocking {
struct Locked : std::logic_error {
    using std::logic_error::logic_error;
};
}
struct Sensor {
    virtual int read() = 0;
    Sensor() { poll(); }
    void poll() { read(); }
    virtual ~Sensor() = default;
};
struct EndSensor : Sensor {
    int read() override { return 1; }
};
static int *volatile sink;
static volatile int zero = 0, many = 0;
static void raise_one(int kind) {
    switch (kind) {
    case 0: throw PointsError(filled("points {o} at {p} are locked"));
    case 1: throw interlocking::Locked(filled("route {n} conflicts with route {n}"));
    case 2: std::vector<int>(4).at(number(4, 90)); break;
    case 3: std::map<std::string, int>{}.at("points"); break;
    case 4: std::stoi("left"); break;
    case 5: throw std::system_error(ECONNREFUSED, std::generic_category(), filled("interlocking {o}"));
    case 6: std::string("W14").substr(number(4, 60)); break;
    case 7: std::optional<int>().value(); break;
    case 8: std::get<int>(std::variant<int, std::string>("x")); break;
    case 9: sink = new int[(size_t(1) << 60) + zero]; break;
    case 10: throw PointsError(filled("道岔 {o} 无表示"));
    case 11: throw PointsError(filled("self test of {p}:\n  points {o}: no detection\n  points {o}: motor fuse blown"));
    case 12: std::function<void()>()(); break;
    default: {
        std::ifstream in;
        in.exceptions(std::ios::failbit);
        in.open("/etc/pointsd/routes.conf");
    }
    }
}
static void caught(int kind) {
    try {
        raise_one(kind);
    } catch (const std::exception &e) {
        logged(ERR, filled(pick(TOLD)) + ": " + e.what());
    }
}
static void nested() {
    try {
        try {
            raise_one(number(0, 5));
        } catch (...) {
            std::throw_with_nested(PointsError(filled("route {n} not set")));
        }
    } catch (const std::exception &e) {
        std::string text = e.what();
        try {
            std::rethrow_if_nested(e);
        } catch (const std::exception &inner) {
            text += std::string("\n  caused by: ") + inner.what();
        }
        logged(ERR, text);
    }
}

__attribute__((noinline)) static void copy_name(const char *name) {
    char to[8];
    char *volatile at = to;
    for (size_t i = 0, n = strlen(name); i <= n; i++) at[i] = name[i];
    sink = (int *)to;
    asm volatile("" : : "r"(to) : "memory");
}
static void die(int kind) {
    std::string name = filled("points {n} of the northern yard {n}");
    switch (kind) {
    case 0: { int *p = (int *)malloc(32); sink = p; free(p); free(sink); break; }
    case 1: { char *p = (char *)malloc(150000 - 65536); sink = (int *)p; memset((char *)sink + 150000 - 65536, 'x', 64); sink = (int *)malloc(100000); break; }
    case 2: { char *p = (char *)malloc(40); sink = (int *)(p + 8); free(sink); break; }
    case 3: copy_name(name.c_str()); break;
    case 4: assert(number(1, 9) > 10 && "points must be locked before a route is set"); break;
    case 5: { std::vector<int> v(3); sink = &v[number(3, 9) + zero]; break; }
    case 6: { EndSensor *s = new EndSensor; s->poll(); break; }
    case 7: { std::thread t([] { throw PointsError(filled("heater {o} not answering: timeout error")); }); t.join(); break; }
    case 8: { std::thread t([] {}); throw interlocking::Locked(filled("route {n} is locked")); }
    case 9: { std::unique_ptr<int> none; sink = none.get(); std::array<int, 3> a{}; sink = &a[number(3, 9) + zero]; break; }
    case 10: { std::string empty; sink = (int *)(size_t)empty.back(); break; }
    case 11: fprintf(stderr, "pointsd: fatal error: cannot lock /run/pointsd.%d.pid: Resource temporarily unavailable\n", number(1, 90)); exit(1);
    case 12: throw number(1, 90);
    case 13: { char to[8]; snprintf(to, (size_t)(40 + zero), "%s", name.c_str()); sink = (int *)to; break; }
    default: raise_one(kind - 14);
    }
}

// what the sanitizers find

#if defined TOOL_ASAN
static const int TOOLED = 10;
static void tooled(int kind) {
    volatile int n = number(4, 30);
    static int table[10];
    switch (kind % TOOLED) {
    case 0: { int *v = new int[4]; v[n] = 7; delete[] v; break; }
    case 1: { int *v = new int[4]; delete[] v; printf("%d\n", v[1]); break; }
    case 2: { int v[4] = {1}; v[n % 3 + 4] = 2; sink = v; break; }
    case 3: { volatile int at = 10 + n % 3; printf("%d\n", table[at]); break; }
    case 4: { int *v = new int; delete v; delete v; break; }
    case 5: { char *v = (char *)malloc(8); memcpy(v, "points at Hallsberg", 19); free(v); break; }
    case 6: { int *v = (int *)malloc(8); delete v; break; }
    case 7: { volatile int *none = nullptr; *none = n; break; }
    case 8: { free((char *)malloc(16) + 4); break; }
    case 9: { sink = (int *)malloc(n * 8); sink = nullptr; exit(0); }
    }
}
#elif defined TOOL_UBSAN
static const int TOOLED = 9;
static void tooled(int kind) {
    volatile int big = 2147483647 - number(0, 3), n = number(4, 90), none = 0;
    switch (kind % TOOLED) {
    case 0: n = big + n; break;
    case 1: n = n / none; break;
    case 2: n = 1 << (n + 30); break;
    case 3: { volatile int *p = nullptr; if (number(0, 9) < 10) n = p == nullptr ? n : *p; int v[4] = {1}; volatile int at = n; if (at < 4) at = 4; sink = (int *)(size_t)v[at % 2 + 4]; break; }
    case 4: { alignas(8) char raw[16] = {}; volatile int at = 1; n = *(int *)(raw + at); break; }
    case 5: { volatile bool left; volatile char raw = 3; memcpy((void *)&left, (void *)&raw, 1); n = left; break; }
    case 6: n = -(-2147483647 - 1 + none); break;
    case 7: { volatile double d = n, z = none; d = d / z; break; }
    default: { volatile unsigned w = number(32, 60); n = n << w; break; }
    }
}
#elif defined TOOL_TSAN
#include <mutex>
#include <pthread.h>
static const int TOOLED = 6;
static int moved[64];
static void tooled(int kind) {
    static int turn = 0;
    int at = (kind * 7 + turn++) % 64;
    switch (kind % TOOLED) {
    case 0: { std::thread t([at] { moved[at]++; }); moved[at]++; t.join(); break; }
    case 1: { int *v = new int(0); std::thread t([v] { *v = 1; }); usleep(20000); printf("%d\n", *v); t.join(); delete v; break; }
    case 2: { pthread_mutex_t m; pthread_mutex_init(&m, nullptr); pthread_mutex_lock(&m); pthread_mutex_destroy(&m); break; }
    case 3: { pthread_mutex_t *m = new pthread_mutex_t; pthread_mutex_init(m, nullptr); pthread_mutex_unlock(m); break; }
    case 4: { std::mutex a, b; { std::lock_guard x(a); std::lock_guard y(b); } { std::lock_guard y(b); std::lock_guard x(a); } break; }
    case 5: { std::map<int, int> *m = new std::map<int, int>; (*m)[1] = 2; std::thread t([m] { moved[40] = (*m)[1]++; }); usleep(20000); (*m)[1] = 3; t.join(); break; }
    }
}
#endif

struct Todo { int how, kind; };
enum { LINE, SEVERAL, CAUGHT, NESTED, DIE, TOOL };

int main(int count, char **args) {
    way = args[1];
    unsigned seed = atoi(args[2]);
    size_t start = atoi(args[3]);
    std::vector<Todo> todo;
    for (int i = 0; i < 7; i++) todo.push_back({LINE, 0});
    for (int i = 0; i < 2; i++) todo.push_back({SEVERAL, 0}), todo.push_back({NESTED, 0});
#if defined TOOL_ASAN || defined TOOL_UBSAN || defined TOOL_TSAN
#if defined TOOL_ASAN
    const int times = 3;
#elif defined TOOL_UBSAN
    const int times = 1;
#else
    const int times = 2;
#endif
    for (int kind = 0; kind < TOOLED * times; kind++) todo.push_back({TOOL, kind});
    for (int kind : {0, 2, 5}) todo.push_back({CAUGHT, kind});
    for (int kind = 14; kind < 20; kind++) todo.push_back({DIE, kind});
    todo.push_back({DIE, 4});
#else
    for (int kind = 0; kind < 14; kind++) todo.push_back({CAUGHT, kind});
    for (int kind = 0; kind < 28; kind++) todo.push_back({DIE, kind});
#endif
    std::mt19937 order(seed);
    for (size_t i = todo.size() - 1; i > 0; i--) std::swap(todo[i], todo[order() % (i + 1)]);
    for (size_t i = start; i < todo.size(); i++) {
        chance.seed(seed * 1000 + i);
        std::ofstream(args[4]) << i;
        work();
        say("\2");
        switch (todo[i].how) {
        case LINE: logged(ERR, filled(pick(LINES))); break;
        case SEVERAL: logged(ERR, filled(pick(MULTI))); break;
        case CAUGHT: caught(todo[i].kind); break;
        case NESTED: nested(); break;
        case DIE: die(todo[i].kind); break;
#if defined TOOL_ASAN || defined TOOL_UBSAN || defined TOOL_TSAN
        case TOOL: tooled(todo[i].kind); break;
#endif
        }
        say("\3");
    }
    work();
    std::ofstream(args[4]) << "done";
    _exit(0);
}
