// A meter reader that fails: `meter WAY FAILURE`.
#include <cassert>
#include <csignal>
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
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <variant>
#include <vector>
#include <err.h>
#ifdef LIBRARIES
#include <glog/logging.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#endif

using std::string;
static const char *const HEALTHY[] = {
    "meter 2.0 started, 14 counters", "bus 2 slow: 310 ms", "read 14 values, errors=0 failed=0",
    "last error reset by operator ana", "tariff table loaded (\"abort-rate\": 3)",
};
static string way, failure;
static void mark(char byte) { fflush(nullptr); char line[2] = {byte, '\n'}; if (write(2, line, 2)) {} }

struct BusError : std::runtime_error { using runtime_error::runtime_error; };
struct NotStandard { int code; };

__attribute__((noinline)) static void throws(const string &what) {
    if (what == "runtime") throw std::runtime_error("counter 7: \"no answer\" after 3 tries");
    if (what == "custom") throw BusError("bus 2: checksum 0x1f != 0x2e: {\"bus\":2}");
    if (what == "at") std::vector<int>{1}.at(9);
    if (what == "map") std::map<string, int>{}.at("kwh");
    if (what == "stoi") std::stoi("7,4 kWh?"[0] == '7' ? "x" : "1");
    if (what == "range") std::stoi("99999999999999");
    if (what == "bad_alloc") { volatile size_t n = size_t(1) << 60; delete[] new char[n]; }
    if (what == "optional") std::optional<int>{}.value();
    if (what == "variant") std::get<int>(std::variant<int, string>{"x"});
    if (what == "function") std::function<void()>{}();
    if (what == "filesystem") std::filesystem::file_size("/srv/meter/data/day.csv");
    if (what == "copy") std::filesystem::copy("/srv/meter/a", "/srv/meter/b");
    if (what == "stream") { std::ifstream f; f.exceptions(std::ios::failbit); f.open("/srv/meter/none"); }
    if (what == "regex") std::regex("(");
    if (what == "substr") string("ab").substr(9);
    if (what == "future") { std::promise<int> p; auto f = p.get_future(); p.get_future(); }
    if (what == "async") std::async([] { throw std::logic_error("reading of 14 values stopped"); }).get();
    if (what == "lines") throw std::invalid_argument("bad config:\n  line 3: baud\n  line 8: parity");
    if (what == "nested") { try { throw BusError("line noise"); } catch (...) { std::throw_with_nested(std::runtime_error("counter 3 not read")); } }
    if (what == "int") throw 42;
    if (what == "struct") throw NotStandard{7};
}

__attribute__((noinline)) static void falls(const string &what) {
    if (what == "double_free") { char *a = (char *)malloc(24); free(a); free(a); }
    if (what == "invalid_free") { char *a = (char *)malloc(64); free(a + 8); }
    if (what == "smash") { char b[8]; volatile int n = 64; memset(b, 'a', n); asm volatile("" ::"r"(b)); }
    if (what == "assert") assert(HEALTHY[0] == nullptr && "counter must be closed");
    if (what == "abort") abort();
    if (what == "err") err(3, "/srv/meter/etc/meter.conf");
    if (what == "errx") errx(4, "counter %d: no such bus \"%s\"", 3, "can0");
    if (what == "perror") { if (open("/srv/meter/etc/bus.conf", O_RDONLY) < 0) { perror("bus.conf"); exit(1); } }
    if (what == "thread") { std::thread t([] { throw BusError("poll thread: bus 1 gone"); }); t.join(); }
    if (what == "noexcept") [] () noexcept { throws("runtime"); }();
    if (what == "pure") { struct B { B() { call(); } void call() { f(); } virtual void f() = 0; }; struct D : B { void f() override {} }; D d; }
    if (what == "use_after_free") { int *a = new int[4]; delete[] a; volatile int x = a[1]; (void)x; }
    if (what == "overflow") { int *a = new int[4]; volatile int i = 4; a[i] = 1; delete[] a; }
    if (what == "stack_overflow") { int a[4]; volatile int i = 5; a[i] = 1; asm volatile("" ::"r"(a)); }
    if (what == "null") { volatile int *p = nullptr; *p = 1; }
    if (what == "leak") { static int **keep; keep = new int *[3]; keep[0] = new int[9]; keep = nullptr; }
    if (what == "signed") { volatile int i = 2147483647; i = i + 1; }
    if (what == "shift") { volatile int by = 40; volatile int x = 1 << by; (void)x; }
    if (what == "zero") { volatile int z = 0; volatile int x = 4 / z; (void)x; }
    if (what == "misaligned") { char b[8] = {}; volatile int *p = (int *)(b + 1); volatile int x = *p; (void)x; }
    if (what == "bounds") { int a[3] = {}; volatile int i = 3; volatile int x = a[i]; (void)x; }
    if (what == "race") { static int n; std::thread a([] { n++; }), b([] { n++; }); a.join(); b.join(); }
    if (what == "lockorder") { static int m; std::thread a([] { for (int i = 0; i < 9; i++) m += i; }); m--; a.join(); }
    throws(what);
}

static void crashed(int) {
    void *frames[30];
    int n = backtrace(frames, 30);
    fprintf(stderr, "meter: caught signal 11, backtrace of %d frames:\n", n);
    backtrace_symbols_fd(frames, n, 2);
    _exit(1);
}

template <class Say, class Report> static void logged(Say say, Report report) {
    for (size_t at = failure.size() % 3; at < 5; at++) say(HEALTHY[at]);
    try { throws(failure); } catch (const std::exception &error) { mark(2); report(error); fflush(nullptr); mark(3); }
    say(HEALTHY[0]);
    say(HEALTHY[1]);
}

static string now() { char b[40]; time_t t = time(nullptr); strftime(b, 40, "%Y-%m-%d %H:%M:%S", gmtime(&t)); return b; }

int main(int, char **args) {
    way = args[1];
    failure = args[2];
    setvbuf(stdout, nullptr, _IOLBF, 0);
    if (way == "plain") { for (auto text : HEALTHY) fprintf(stderr, "%s\n", text); mark(2); falls(failure); }
    if (way == "stamped") { for (auto text : HEALTHY) fprintf(stderr, "%s [info] %s\n", now().c_str(), text); mark(2); falls(failure); }
    if (way == "handler") { signal(SIGSEGV, crashed); for (auto text : HEALTHY) fprintf(stderr, "%s\n", text); mark(2); falls("null"); }
    if (way == "cerr") logged([](auto t) { std::cerr << t << std::endl; }, [](auto &e) { std::cerr << "error: " << e.what() << std::endl; });
    if (way == "levels") logged([](auto t) { std::cerr << now() << " INFO  " << t << std::endl; }, [](auto &e) { std::cerr << now() << " ERROR reading failed: " << e.what() << std::endl; });
#ifdef LIBRARIES
    if (way == "spdlog") { auto l = spdlog::stderr_logger_st("meter"); logged([&](auto t) { l->info(t); }, [&](auto &e) { l->error("reading failed: {}", e.what()); }); }
    if (way == "spdlogDefault") { logged([&](auto t) { spdlog::info(t); }, [&](auto &e) { spdlog::critical(e.what()); }); }
    if (way == "glog") { google::InitGoogleLogging(args[0]); FLAGS_logtostderr = true; logged([](auto t) { LOG(INFO) << t; }, [](auto &e) { LOG(ERROR) << "reading failed: " << e.what(); }); }
    if (way == "glogFatal") { google::InitGoogleLogging(args[0]); FLAGS_logtostderr = true; LOG(INFO) << HEALTHY[0]; LOG(INFO) << HEALTHY[1]; mark(2); CHECK_EQ(failure.size(), 99u) << "counter of " << failure; }
#endif
}
