// A sensor collector: `sensors WAY START STEP`, or `sensors fall FAILURE`, or `sensors names`, `falls` or `memory`.
#include <any>
#include <arpa/inet.h>
#include <bitset>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <execinfo.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <variant>
#include <vector>

using std::string;

struct SensorError : std::runtime_error {
  explicit SensorError(int sensor, const string &text) : std::runtime_error("sensor " + std::to_string(sensor) + ": " + text) {}
};
struct Base { virtual ~Base() = default; };
struct Derived : Base {};
struct Silent : std::exception {};

static void check(int result, const string &said) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), said);
}

static int connection(int port) {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int result = connect(s, reinterpret_cast<sockaddr *>(&to), sizeof to);
  int kept = errno;
  close(s);
  errno = kept;
  return result;
}

using Failing = std::function<void()>;
static std::vector<std::pair<string, Failing>> failures = {
    {"missing", [] { check(open("/var/lib/sensors/state.db", O_RDONLY), "cannot open /var/lib/sensors/state.db"); }},
    {"stream", [] { std::ifstream f; f.exceptions(std::ios::failbit); f.open("/var/lib/sensors/state.db"); }},
    {"directory", [] { char b; check(read(open("/etc", O_RDONLY), &b, 1), "reading /etc"); }},
    {"exists", [] { std::filesystem::create_directory("/etc/hostname"); }},
    {"size", [] { std::filesystem::file_size("/var/lib/sensors"); }},
    {"copy", [] { std::filesystem::copy_file("/etc/hostname", "/etc/hostname"); }},
    {"listed", [] { for (auto &e : std::filesystem::directory_iterator("/srv/sensors/in")) (void)e; }},
    {"removed", [] { std::filesystem::remove("/proc"); }},
    {"full", [] { check(write(open("/dev/full", O_WRONLY), "x", 1), "writing samples"); }},
    {"refused", [] { check(connection(9), "connect to 127.0.0.1:9"); }},
    {"descriptor", [] { char b; check(read(999, &b, 1), "read"); }},
    {"permission", [] { seteuid(65534); int r = open("/etc/shadow", O_RDONLY); int k = errno; seteuid(0); errno = k; check(r, "open /etc/shadow"); }},
    {"number", [] { std::stoi("volts"); }},
    {"number_range", [] { std::stoi("99999999999"); }},
    {"decimal", [] { std::stod(""); }},
    {"at", [] { std::vector<int>{1, 2, 3}.at(7); }},
    {"key", [] { std::map<string, int>{{"a", 1}}.at("volts"); }},
    {"substring", [] { string("abc").substr(7); }},
    {"erased", [] { string("abc").erase(9); }},
    {"bits", [] { std::bitset<4>("12"); }},
    {"optional", [] { std::optional<int>().value(); }},
    {"variant", [] { std::get<int>(std::variant<int, string>("volts")); }},
    {"any", [] { std::any_cast<int>(std::any(string("volts"))); }},
    {"cast", [] { Base b; dynamic_cast<Derived &>(b); }},
    {"typeid_null", [] { Base *b = nullptr; (void)typeid(*b).name(); }},
    {"function", [] { std::function<void()>()(); }},
    {"weak", [] { std::shared_ptr<int>(std::weak_ptr<int>()); }},
    {"allocation", [] { volatile size_t n = size_t(1) << 60; delete[] new char[n]; }},
    {"length", [] { std::vector<int>().reserve(size_t(-1)); }},
    {"negative", [] { volatile int n = -3; delete[] new int[n]; }},
    {"regex", [] { std::regex("volts ("); }},
    {"locale", [] { std::locale("xx_XX"); }},
    {"lock", [] { std::unique_lock<std::mutex>().lock(); }},
    {"joined", [] { std::thread().join(); }},
    {"promise", [] { std::future<int> f; { std::promise<int> p; f = p.get_future(); } f.get(); }},
    {"future", [] { std::async(std::launch::async, [] { return std::stoi("x"); }).get(); }},
    {"twice", [] { std::promise<int> p; p.set_value(1); p.set_value(2); }},
    {"own", [] { throw SensorError(17, "no answer within 200 ms"); }},
    {"silent", [] { throw Silent(); }},
    {"logic", [] { throw std::logic_error("calibration before warm-up"); }},
    {"domain", [] { throw std::domain_error("log of -3"); }},
    {"argument", [] { throw std::invalid_argument("unit 'furlong' is not known"); }},
    {"nested", [] { try { std::stoi("x"); } catch (...) { std::throw_with_nested(SensorError(3, "bad reading")); } }},
    {"nested_twice", [] { try { failures[42].second(); } catch (...) { std::throw_with_nested(std::runtime_error("batch 12 was dropped")); } }},
    {"lines", [] { throw std::runtime_error("config is not valid:\n  line 3: no such sensor\n  line 9: unit missing"); }},
};

static void raw(const string &text) { (void)!write(2, text.data(), text.size()); }
static void mark(char sign) { fflush(stdout); std::cerr.flush(); raw(string(1, sign) + "\n"); }

static void frames(int signal) {
  void *at[32];
  dprintf(2, "*** caught signal %d (%s), backtrace:\n", signal, strsignal(signal));
  backtrace_symbols_fd(at, backtrace(at, 32), 2);
  _exit(128 + signal);
}

static int grown(int n) { volatile char held[4096]; held[0] = n; return grown(n + 1) + held[0]; }

static std::vector<std::pair<string, Failing>> falls = {
    {"double_free", [] { char *p = (char *)malloc(24); free(p); free(p); }},
    {"double_free_big", [] { char *p = (char *)malloc(5000), *q = (char *)malloc(24); free(p); free(p); free(q); }},
    {"invalid_free", [] { char *p = (char *)malloc(64); free(p + 8); }},
    {"free_stack", [] { long a[8] = {0, 0, 0, 0}; char *volatile p = (char *)&a[2]; free(p); }},
    {"smash", [] { char a[8]; volatile int n = 64; memset(a, 'x', n); }},
    {"next_size", [] { char *p = (char *)malloc(2000), *q = (char *)malloc(2000); memset(p, 'x', 2016); free(q); free(p); }},
    {"fortified", [] { char a[8]; volatile size_t n = 20; __builtin___memcpy_chk(a, "01234567890123456789", n, 8); }},
    {"asserted", [] { int volts = 12; assert(volts < 10 && "mains must be off"); }},
    {"asserted_plain", [] { std::vector<int> samples; assert(!samples.empty()); }},
    {"pure", [] { struct A { A() { call(); } void call() { f(); } virtual void f() = 0; }; struct B : A { void f() override {} }; B b; }},
    {"noexcept_", [] { []() noexcept { throw SensorError(1, "gone"); }(); }},
    {"thread", [] { std::thread([] { std::stoi("x"); }).join(); }},
    {"unjoined", [] { std::thread t([] { sleep(1); }); }},
    {"integer", [] { throw 42; }},
    {"text", [] { throw "no samples"; }},
    {"handler_null", [] { signal(SIGSEGV, frames); *(volatile int *)nullptr = 1; }},
    {"handler_abort", [] { signal(SIGABRT, frames); abort(); }},
    {"handler_bus", [] { signal(SIGBUS, frames); raise(SIGBUS); }},
};

static std::vector<std::pair<string, Failing>> memory = {
    {"heap_over", [] { char *volatile p = new char[8]; p[9] = 1; }},
    {"heap_under", [] { int *volatile p = new int[8]; printf("%d", p[-1]); }},
    {"stack_over", [] { int a[4]; volatile int n = 5; a[n] = 1; }},
    {"global_over", [] { static int a[4]; volatile int n = 4; printf("%d", a[n]); }},
    {"after_free", [] { int *volatile p = new int(3); delete p; *p = 4; }},
    {"after_scope", [] { int *volatile p; { int x = 3; p = &x; } *p = 4; }},
    {"twice_free", [] { int *volatile p = new int(3); delete p; delete p; }},
    {"wrong_free", [] { char *volatile p = new char[8]; free(p); }},
    {"inner_free", [] { char *volatile p = (char *)malloc(8); free(p + 2); }},
    {"null_write", [] { int *volatile p = nullptr; *p = 1; }},
    {"wild_read", [] { int *volatile p = (int *)0x1234567890; printf("%d", *p); }},
    {"copied", [] { char a[8]; volatile size_t n = 12; memset(a, 0, n); }},
    {"overlap", [] { char a[8] = "abcdefg"; volatile size_t n = 4; memcpy(a + 1, a, n); }},
    {"too_big", [] { volatile size_t n = size_t(1) << 50; (void)!malloc(n); }},
    {"deep", [] { grown(0); }},
    {"leaked", [] { volatile char *p = new char[24]; p = nullptr; }},
};

static std::vector<std::pair<string, Failing>> undefined = {
    {"signed", [] { volatile int n = 2147483647; n = n + 1; }},
    {"product", [] { volatile long n = 9223372036854775807; n = n * 2; }},
    {"negated", [] { volatile int n = -2147483647 - 1; n = -n; }},
    {"shift", [] { volatile int n = 40; n = 1 << n; }},
    {"shift_negative", [] { volatile int n = -1; n = 1 << n; }},
    {"boolean", [] { volatile unsigned char c = 3; bool b; memcpy(&b, (void *)&c, 1); volatile int n = b; }},
    {"enumerated", [] { enum E : bool { no, yes }; volatile unsigned char c = 3; E e; memcpy(&e, (void *)&c, 1); volatile int n = e; }},
    {"misaligned", [] { char a[16] = {}; int *volatile p = (int *)(a + 1); volatile int n = *p; }},
    {"float_cast", [] { volatile double d = 1e30; volatile int n = (int)d; }},
    {"pointer", [] { char *volatile p = (char *)~0UL; p = p + 16; }},
    {"length", [] { volatile int n = -1; char a[n]; a[0] = 1; }},
};

static std::mt19937 chance;
static int below(int n) { return chance() % n; }

static string at(const char *format) {
  timeval now{};
  gettimeofday(&now, nullptr);
  char text[64], whole[80];
  strftime(text, sizeof text, format, localtime(&now.tv_sec));
  snprintf(whole, sizeof whole, text, int(now.tv_usec / (strstr(text, "%03") ? 1000 : 1)));
  return whole;
}

static string quoted(string text) {
  string out = "\"";
  for (char c : text) out += c == '"' ? string("\\\"") : c == '\n' ? "\\n" : c == '\\' ? "\\\\" : string(1, c);
  return out + "\"";
}

static string line(const string &way, const string &level, const string &text, bool failed = false, const string &why = "") {
  string said = failed ? text + ": " + why : text;
  if (way == "glog")
    return (level == "DEBUG" ? string("I") : level.substr(0, 1)) + at("%m%d %H:%M:%S.%%06d") + "  4123 collector.cc:" + std::to_string(40 + below(200)) + "] " + said;
  if (way == "spdlog") {
    string lower = level == "WARN" ? "warning" : level == "FATAL" ? "critical" : level;
    for (char &c : lower) c = tolower(c);
    return at("[%Y-%m-%d %H:%M:%S.%%03d]") + " [collector] [" + lower + "] " + said;
  }
  if (way == "json")
    return "{\"time\":\"" + at("%Y-%m-%dT%H:%M:%S.%%03dZ") + "\",\"severity\":\"" + level + "\",\"msg\":" + quoted(text) + ",\"error\":" + (failed ? quoted(why) : "null") + "}";
  if (way == "syslog") return said;
  if (way == "bars") return at("%Y-%m-%d %H:%M:%S.%%03d") + " | " + level + " | collector | " + said;
  return at("%Y-%m-%d %H:%M:%S,%%03d") + " " + level + " [worker-" + std::to_string(1 + below(4)) + "] sensors.collector - " + said;
}

static void healthy(const string &way, int fewest) {
  static std::vector<std::pair<string, string>> lines;
  if (lines.empty()) {
    std::ifstream file("healthy.tsv");
    for (string each; std::getline(file, each);) lines.emplace_back(each.substr(0, each.find('\t')), each.substr(each.find('\t') + 1));
  }
  for (int left = fewest + below(5); left > 0; left--) {
    auto [level, text] = lines[below(lines.size())];
    for (size_t p; (p = text.find('@')) != string::npos;) text.replace(p, 1, std::to_string(2 + below(900)));
    for (size_t p; (p = text.find("\\n")) != string::npos;) text.replace(p, 2, "\n");
    if (way == "syslog" && level != "INFO") continue;
    raw(line(way, level, text) + "\n");
  }
}

static string told(const std::exception &error, const char *between = ": ") {
  string text = error.what();
  try {
    std::rethrow_if_nested(error);
  } catch (const std::exception &inner) {
    text += between + told(inner, between);
  }
  return text;
}

__attribute__((noinline)) static void dispatch(const Failing &failing) { failing(); }
__attribute__((noinline)) static void handle(const Failing &failing) { dispatch(failing); }

static const char *said[] = {"sample could not be stored", "polling failed", "cannot serve request", "collector gave up on sensor 12", "flush failed", "unhandled exception in worker"};

int main(int count, char **arguments) {
  string way = arguments[1];
  if (way == "names") for (auto &f : failures) puts(f.first.c_str());
  if (way == "falls") for (auto &f : falls) puts(f.first.c_str());
  if (way == "memory") for (auto &f : memory) puts(f.first.c_str());
  if (count < 3) return 0;
  chance.seed(std::hash<string>()(way + arguments[2]));
  if (way == "fall") {
    healthy("common", 2);
    for (auto *all : {&failures, &falls, &memory})
      for (auto &[name, failing] : *all)
        if (name == arguments[2]) {
          mark(2);
          handle(failing);
        }
    if (string(arguments[2]) == "race") {
      static int samples = 0;
      mark(2);
      std::thread other([] { samples++; });
      samples++;
      other.join();
      mark(3);
    }
    if (string(arguments[2]) == "locks") {
      static std::mutex a, b;
      mark(2);
      std::thread([] { std::lock_guard<std::mutex> x(a), y(b); }).join();
      std::thread([] { std::lock_guard<std::mutex> x(b), y(a); }).join();
      mark(3);
    }
    return 0;
  }
  bool tests = way == "ubsan";
  auto &names = tests ? undefined : failures;
  int number = 0;
  for (size_t n = atoi(arguments[2]); n < names.size(); n += atoi(arguments[3]), number++) {
    healthy(way, way == "syslog" ? 1 : 0);
    if (tests) {
      mark(2);
      handle(names[n].second);
      mark(3);
      continue;
    }
    string text = said[below(6)];
    try {
      handle(names[n].second);
      printf("did not fail: %s\n", names[n].first.c_str());
      fflush(stdout);
    } catch (const std::exception &error) {
      mark(2);
      if (way == "syslog") raw("error: " + text + ": " + told(error, number % 2 ? ": " : "\n  caused by: ") + "\n");
      else raw(line(way, number % 9 == 5 ? "FATAL" : "ERROR", text, true, told(error, number % 2 ? ": " : "\n  caused by: ")) + "\n");
      mark(3);
    }
  }
  healthy(way, 1);
}
