// A metering gateway: takes frames from a queue, logs the ones that fail and goes on, and sometimes dies.
#include <algorithm>
#include <any>
#include <bitset>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <execinfo.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <regex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <variant>
#include <vector>
#ifdef TOOL_ASAN
#include <sanitizer/lsan_interface.h>
#endif

static std::string way;
static std::mt19937 chance;
static int below(int n) { return int(chance() % unsigned(n)); }
static int number() { return 10000 + below(90000); }
template <class T> static T pick(const std::vector<T> &list) { return list[size_t(below(int(list.size())))]; }
static void put(const std::string &text) { if (write(2, text.data(), text.size()) < 0) _exit(3); }
static void begin() { put("\2\n"); }
static void finish() { put("\3\n"); }
static std::string filled(std::string text) {
    for (size_t at; (at = text.find('#')) != std::string::npos;) text.replace(at, 1, std::to_string(number()));
    return text;
}

// The layouts of glog, of spdlog, of syslog's daemons, and of fprintf.
static void say(const char *level, const std::string &text, int line = __builtin_LINE()) {
    char at[64], head[160];
    timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    tm parts;
    gmtime_r(&now.tv_sec, &parts);
    const bool info = !strcmp(level, "info");
    if (way == "glog") {
        strftime(at, sizeof at, "%m%d %H:%M:%S", &parts);
        snprintf(head, sizeof head, "%c%s.%06ld %d meter.cc:%d] ", toupper(level[0]), at, now.tv_nsec / 1000, getpid(), line);
    } else if (way == "spdlog" || way == "asan" || way == "tsan") {
        strftime(at, sizeof at, "%Y-%m-%d %H:%M:%S", &parts);
        snprintf(head, sizeof head, "[%s.%03ld] [meterd] [%s] ", at, now.tv_nsec / 1000000, level);
    } else if (info) {
        head[0] = 0;
    } else {
        snprintf(head, sizeof head, "%s: ", level);
    }
    put(head + text + "\n");
}

struct FrameError : std::runtime_error { using runtime_error::runtime_error; };
struct Device { virtual void poll() = 0; void start() { poll(); } Device() { start(); } virtual ~Device() = default; };
struct Meter : Device { void poll() override {} };

static void decode(const std::string &text) { std::stoi(text); }
static void handle(int meter) {
    try { decode("n/a"); } catch (...) { std::throw_with_nested(FrameError("frame of meter " + std::to_string(meter) + " cannot be decoded")); }
}
static void route(int left) { if (left) route(left - 1); else throw FrameError("no route to concentrator " + std::to_string(number())); }
static std::string causes(const std::exception &error, int depth = 0) {
    std::string text = (depth ? "\n  caused by: " : "") + std::string(error.what());
    try { std::rethrow_if_nested(error); } catch (const std::exception &inner) { text += causes(inner, depth + 1); }
    return text;
}

using Call = std::function<void()>;
static std::vector<Call> thrown() {
    return {
        [] { decode(pick<std::string>({"n/a", "", "kWh"})); },
        [] { decode("99999999999"); },
        [] { std::vector<int>(3).at(size_t(3 + below(5))); },
        [] { std::string("meter").substr(9); },
        [] { std::map<std::string, int>{}.at("obis"); },
        [] { handle(number()); },
        [] { route(3 + below(9)); },
        [] { throw FrameError("checksum of frame " + std::to_string(number()) + " is wrong"); },
        [] { throw FrameError("3 registers of meter " + std::to_string(number()) + " rejected:\n  1.8.0: not a number\n  2.8.0: negative\n  32.7.0: missing"); },
        [] { std::filesystem::file_size("/srv/data/readings/" + std::to_string(number())); },
        [] { std::regex("(unclosed"); },
        [] { std::get<int>(std::variant<int, std::string>("kWh")); },
        [] { std::any_cast<int>(std::any(std::string("kWh"))); },
        [] { std::optional<int>().value(); },
        [] { std::function<void()>()(); },
        [] { throw std::system_error(errno = ECONNREFUSED, std::generic_category(), "connect to concentrator"); },
        [] { std::promise<int> p; p.get_future(); p.get_future(); },
        [] { std::bitset<8>(std::string("10120")); },
        [] { std::vector<int> v; v.reserve(size_t(-1)); },
        [] { std::ifstream f; f.exceptions(std::ios::failbit); f.open("/srv/data/tariff.cfg"); },
        [] { std::weak_ptr<int> w; std::shared_ptr<int> s(w); },
        [] { size_t huge = size_t(1) << 60; std::unique_ptr<char[]> p(new char[huge]); },
    };
}

static volatile int none = 0;
static void smash(const char *text) { char small[8]; strcpy(small, text); put(std::string(small, 0)); }
static void dispatch(int left) { if (left) dispatch(left - 1); else { volatile int *p = nullptr; *p = 1; } }
static void on_signal(int number) {
    void *frames[40];
    const int count = backtrace(frames, 40);
    char head[120];
    snprintf(head, sizeof head, "Error: signal %d (%s):\n", number, strsignal(number));
    put(head);
    backtrace_symbols_fd(frames, count, 2);
    _exit(1);
}
static std::vector<Call> deadly() {
    std::vector<Call> calls = {
        [] { assert(number() < 0 && "meter id out of range"); },
        [] { char *p = (char *)malloc(24 + size_t(none)); free(p); free(p); },
        [] { char *p = (char *)malloc(64 + size_t(none)); free(p + 16); },
        [] { smash("a name that is longer than the frame"); },
        [] { std::vector<int> v(3); put(std::string(size_t(v[size_t(3 + none)]), 'x')); },
        [] { std::vector<int> v; v.pop_back(); },
        [] { std::string s; put(std::string(1, s.front())); },
        [] { std::unique_ptr<std::string> p; put(*p); },
        [] { std::optional<int> o; none = *o; },
        [] { std::thread t([] { for (;;) pause(); }); },
        [] { struct Twice { ~Twice() noexcept(false) { throw FrameError("port closed twice"); } } t; throw FrameError("port closed"); },
        [] { struct Quiet { void flush() noexcept { throw FrameError("flush of segment " + std::to_string(number()) + " failed"); } } q; q.flush(); },
        [] { Meter m; },
        [] { abort_message: fprintf(stderr, "fatal: configuration /srv/app/meterd.conf cannot be read: %s\n", strerror(ENOENT)); exit(1); },
        [] { throw 42; },
        [] { char *p = (char *)malloc(24); memset(p + 24, 'x', 24); char *q = (char *)malloc(2000); free(q); free(p); malloc(3000); abort(); },
        [] { char name[8]; strncpy(name, "concentrator", size_t(12 + none)); put(std::string(name, 0)); },
        [] { std::thread([] { throw FrameError("reader thread lost its port"); }).join(); },
        [] { signal(SIGSEGV, on_signal); dispatch(4 + below(8)); },
        [] { signal(SIGABRT, on_signal); assert(!"tariff table is sorted"); },
        [] { signal(SIGFPE, on_signal); none = number() / none; },
    };
    return calls;
}

#ifdef TOOL_ASAN
static int table[4] = {1, 2, 3, 4};
static void deep(int left, int *p) { if (left) deep(left - 1, p); else none = *p; }
static int endless(int n) { volatile char frame[4096]; frame[0] = char(n); return n < 0 ? 0 : endless(n + 1) + frame[0]; }
static std::vector<Call> sanitized() {
    return {
        [] { int *p = new int[4]; p[4 + none] = 1; delete[] p; },
        [] { int *p = new int[4]; none = p[-1 + none]; delete[] p; },
        [] { int *p = new int(3); delete p; none = *p; },
        [] { int *p = new int(3); delete p; deep(6 + below(20), p); },
        [] { int frame[4] = {}; none = frame[4 + none + below(3)]; },
        [] { none = table[4 + none]; },
        [] { char *p = (char *)malloc(10); free(p); free(p); },
        [] { char *p = (char *)malloc(10); free(p + 2); },
        [] { int *p = new int[3]; delete p; },
        [] { int *p = (int *)malloc(4); delete p; },
        [] { std::string s(8, 'x'); char small[4]; memcpy(small, s.data(), 9); },
        [] { char *p = strdup("meter"); free(p); put(std::string(strlen(p), ' ')); },
        [] { volatile int *p = nullptr; *p = 1; },
        [] { dispatch(3 + below(6)); },
        [] { int *p; { int inner = 3; p = &inner; } none = *p; },
        [] { std::vector<int> v{1, 2, 3}; int &first = v[0]; v.push_back(4); v.shrink_to_fit(); none = first; },
        [] { endless(0); },
        [] { std::thread t([] { int *p = new int[2]; p[2] = 1; }); t.join(); },
        [] { malloc(size_t(1) << 50); },
        [] { char b[10] = {}; memcpy(b, b + 1, 8); },
        [] { none = number() / none; },
        [] { char *p = (char *)malloc(8); p[0] = 0; char *q = (char *)realloc(p, 64); q[64] = 1; },
        [] { char *p = new char[100]; memset(p, 1, 100 + 8); },
        [] { volatile char *p = (char *)"constant"; ((char *)p)[0] = 'x'; },
        [] { [] { volatile char *lost = new char[512]; lost = nullptr; }(); [] { volatile long *lost = (long *)malloc(64); lost = nullptr; }(); exit(0); },
    };
}
#endif

#ifdef TOOL_UBSAN
struct Base { virtual ~Base() = default; int id = 1; };
struct Child : Base { int more = 2; };
enum Unit : int { kWh, kW };
static std::vector<Call> undefined() {
    return {
        [] { int top = INT_MAX + none; none = top + 1; none = 0; },
        [] { int low = INT_MIN + none; none = -low; none = 0; },
        [] { int wide = 40 + none; none = 1 << wide; none = 0; },
        [] { int minus = -3 + none; none = 1 << minus; none = 0; },
        [] { int four[4] = {}; int at = 5 + none; none = &four[at] == nullptr; none = 0; },
        [] { alignas(8) char raw[16] = {}; int *p = (int *)(raw + 1 + none); none = *p; none = 0; },
        [] { bool *flag = new bool; *(char *)flag = 7; none = *flag; none = 0; },
        [] { double big = 1e20 + none; none = int(big); none = 0; },
        [] { int rate = 3, zero = none; if (below(2) < 0) rate = 2; volatile double x = rate * 1.0 / zero; (void)x; },
        [] { int top = 65536 + none; none = top * top; none = 0; },
        [] { int low = INT_MIN + none; none = low - 5; none = 0; },
        [] { Base *b = new Base; Child *c = static_cast<Child *>(b); none = c == nullptr; none = 0; },
        [] { char *p = (char *)16 + none; p += -32; none = p == nullptr; none = 0; },
        [] { int n = -2 + none; if (n < 0) { int x[n]; none = int(sizeof x); } none = 0; },
        [] { none = __builtin_ctz(unsigned(none)); none = 0; },
    };
}
#endif

#ifdef TOOL_TSAN
static int counter, total, pending, last_frame;
static std::map<int, int> *readings = new std::map<int, int>;
static std::string label;
static void both(const Call &one, const Call &other) { std::thread a(one), b(other); a.join(); b.join(); }
static std::vector<Call> racing() {
    return {
        [] { both([] { counter++; }, [] { usleep(20000); counter++; }); },
        [] { both([] { total = 3; }, [] { usleep(20000); none = total; }); none = 0; },
        [] { int *p = new int(1); both([p] { *p = 2; }, [p] { usleep(20000); none = *p; }); none = 0; },
        [] { both([] { pending = 1; }, [] { usleep(20000); pending = 2; }); },
        [] { std::thread a([] { last_frame = 7; }); usleep(20000); last_frame = 8; a.join(); },
        [] { int frame = 0; std::thread a([&] { frame = 7; }); usleep(20000); frame = 8; a.join(); },
    };
}
#endif

static void told() {
    const auto text = filled(pick<std::string>({"concentrator answered 503 for frame #", "meter # has not reported for 900 s", "giving up on frame # after 5 attempts",
        "cannot open /dev/ttyUSB0: No such file or directory (port #)", "timed out waiting for the bus lock (frame #)"}));
    begin();
    say("error", text);
    finish();
}
static void told_in_lines() {
    const auto text = filled("validation of frame # failed:\n  - unit: unknown\n  - time: in the future");
    begin();
    say("error", text);
    finish();
}
static void logged(const Call &call) {
    try { call(); } catch (const std::exception &error) {
        const auto text = filled(pick<std::string>({"frame # dropped", "error in job #", "could not process reading #"})) + ": " + causes(error);
        begin();
        say("error", text);
        finish();
    }
}
static void traced() {
    void *frames[20];
    const int count = backtrace(frames, 20);
    char **names = backtrace_symbols(frames, count);
    auto text = filled("frame # came twice, stack:");
    for (int i = 0; i < count; i++) text += "\n  #" + std::to_string(i) + " " + names[i];
    begin();
    say("error", text);
    finish();
}
static void falls_over(const Call &call) {
    try { call(); } catch (const std::exception &error) { begin(); say(way == "glog" ? "fatal" : "critical", "shutting down: " + causes(error)); _exit(1); }
}
static void dies(const Call &call) { begin(); call(); _exit(1); }
static void goes_on(const Call &call) { begin(); call(); finish(); }

static std::vector<Call> plan() {
    std::vector<Call> jobs(5, told);
    jobs.insert(jobs.end(), 3, told_in_lines);
    std::vector<Call> calls = thrown();
    std::shuffle(calls.begin(), calls.end(), chance);
    const bool tool = way == "asan" || way == "ubsan" || way == "ubsan_traced" || way == "tsan";
    for (size_t i = 0; i < calls.size(); i++) {
        Call call = calls[i];
        if (i < (tool ? 6 : 99)) jobs.push_back([call] { logged(call); });
        if (!tool && i < 3) jobs.push_back([call] { falls_over(call); });
        if (!tool && i > 14) jobs.push_back([call] { dies(call); });
    }
#ifndef TOOL
    jobs.insert(jobs.end(), 2, traced);
    for (const Call &call : deadly()) jobs.push_back([call] { dies(call); });
#endif
#ifdef TOOL_ASAN
    for (const Call &call : sanitized()) jobs.push_back([call] { dies(call); });
#endif
#ifdef TOOL_UBSAN
    for (const Call &call : undefined()) jobs.push_back([call] { goes_on(call); });
#endif
#ifdef TOOL_TSAN
    for (const Call &call : racing()) jobs.push_back([call] { goes_on(call); });
#endif
    std::shuffle(jobs.begin(), jobs.end(), chance);
    return jobs;
}

static void work() {
    static const std::vector<std::string> usual = {"frame # stored, # registers", "meter # connected", "forwarded # readings in # ms", "rotated segment #", "tariff # loaded", "poll of # meters done", "queue has # frames"};
    static const std::vector<std::string> healthy = {"import # finished with 0 errors", "self test ok, no error found (#)", "answer {\"id\": #, \"error\": null}", "GET /help/exceptions/# 200", "frame # delivered on attempt 2 of 3", "failed=0 done=#"};
    for (int left = 2 + below(3); left > 0; left--) {
        say("info", filled(pick(below(100) < 15 ? healthy : usual)));
        if (!below(20)) say("warning", "spool is 80% full");
    }
}

int main(int, char **arguments) {
    way = arguments[1];
    const unsigned seed = unsigned(atoi(arguments[2]));
    const char *state = arguments[4];
    chance.seed(seed);
    std::vector<Call> jobs = plan();
    say("info", "meterd 7." + std::to_string(seed) + " starting");
    say("info", "listening on port 4059");
    for (size_t at = size_t(atoi(arguments[3])); at < jobs.size(); at++) {
        std::ofstream(state) << at;
        chance.seed(seed * 1000 + unsigned(at));
        work();
        jobs[at]();
    }
    say("info", "queue drained, stopping");
    std::ofstream(state) << "done";
    syscall(SYS_exit_group, 0);
}
