// Controls the winch of a cable car. Arguments: way, seed, first job, state file.
#include <algorithm>
#include <cassert>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <error.h>
#include <execinfo.h>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <sys/time.h>
#include <thread>
#include <unistd.h>
#include <vector>

static std::string way;
static std::mt19937 chance;
static unsigned up_to(unsigned n) { return chance() % n; }
enum Level { DEBUG, INFO, WARN, ERROR, FATAL };

static void put(const std::string &text) {
    if (write(2, text.data(), text.size()) < 0) _exit(9);
}

static void logged(Level level, int line, const std::string &text) {
    timeval now;
    gettimeofday(&now, nullptr);
    char when[64], head[160];
    static const char *names[] = {"DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
    static const char *small[] = {"debug", "info", "warning", "error", "critical"};
    if (way == "glog") {
        strftime(when, sizeof when, "%m%d %H:%M:%S", gmtime(&now.tv_sec));
        snprintf(head, sizeof head, "%c%s.%06ld %5d winch.cc:%d] ", level == DEBUG ? 'I' : names[level][0], when, (long)now.tv_usec, 4120, line);
    } else if (way == "spdlog" || way == "ubsan") {
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", gmtime(&now.tv_sec));
        snprintf(head, sizeof head, "[%s.%03ld] [winch] [%s] ", when, (long)now.tv_usec / 1000, small[level]);
    } else if (way == "bare") {
        snprintf(head, sizeof head, "%s", level >= ERROR ? "error: " : "");
    } else if (way == "journal") {
        snprintf(head, sizeof head, "%s: winch.cc:%d: ", names[level], line);
    } else {
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", gmtime(&now.tv_sec));
        snprintf(head, sizeof head, "%s %s: winch.cc:%d: ", when, names[level], line);
    }
    put(head + text + "\n");
}
#define LOG(level, text) logged(level, __LINE__, text)

static void ordinary() {
    unsigned n = 100 + up_to(9000);
    const std::vector<std::pair<Level, std::string>> lines = {
        {INFO, "rope speed is " + std::to_string(n % 12) + " m/s"},
        {INFO, "cabin " + std::to_string(n % 40) + " is in the station"},
        {INFO, "self test done, 0 errors"},
        {INFO, "loaded manual from http://winch.example/exception.html"},
        {INFO, "encoder answered on the second try"},
        {DEBUG, "state {\"error\": null, \"load\": 41}"},
        {WARN, "oil is at " + std::to_string(n % 30 + 60) + " degrees"},
        {INFO, "no error found in the brake circuit"},
        {INFO, "wrote " + std::to_string(n) + " samples"}};
    unsigned from = up_to(9), count = 2 + up_to(3);
    for (unsigned i = 0; i < count; i++) {
        const auto &[level, text] = lines[(from + 2 * i) % 9];
        LOG(level, text);
        if (level == WARN) LOG(INFO, "oil cooler is on");
    }
}

static std::string number(unsigned n) { return std::to_string(up_to(n)); }

static void told(const std::exception &e, int depth = 0, std::string text = "") {
    text += std::string(depth * 4, ' ') + (depth ? "caused by: " : "control loop failed: ") + e.what();
    try {
        std::rethrow_if_nested(e);
    } catch (const std::exception &inner) {
        return told(inner, depth + 1, text + "\n");
    }
    LOG(ERROR, text);
}

static std::string frames() {
    void *at[12];
    int count = backtrace(at, 12);
    char **names = backtrace_symbols(at, count);
    std::string text;
    for (int i = 1; i < count; i++) text += "\n    #" + std::to_string(i - 1) + " " + names[i];
    free(names);
    return text;
}

struct Motor {
    explicit Motor(Motor *other) { if (other) other->call(); }
    virtual ~Motor() = default;
    void call() { turn(); }
    virtual void turn() = 0;
};
struct Diesel : Motor {
    Diesel() : Motor(nullptr) {}
    ~Diesel() override = default;
    void turn() override {}
};
struct Half : Motor {
    Half() : Motor(this) {}
    void turn() override {}
};

using Job = std::function<void()>;
static void *volatile kept;
static volatile int zero = 0, most = INT_MAX;

static std::vector<Job> kinds() {
    return {
        [] { LOG(ERROR, "failed to open /dev/encoder" + number(4) + ": " + strerror(ENOENT)); },
        [] { LOG(ERROR, "cannot bind port " + number(9999) + ": " + strerror(EADDRINUSE)); },
        [] { LOG(ERROR, "brake " + number(4) + " failed: pressure too low"); },
        [] { LOG(FATAL, "emergency stop failed on circuit " + number(3)); },
        [] { LOG(ERROR, "read error on CAN bus: " + std::string(strerror(EIO))); },
        [] { LOG(ERROR, "check of the drive failed:\n    motor 1: over current\n    motor 2: no encoder\n    gear: " + number(9) + " teeth missing"); },
        [] { LOG(ERROR, "watchdog timed out, stack:" + frames()); },
        [] { try { std::vector<int>(3).at(7 + up_to(9)); } catch (const std::exception &e) { told(e); } },
        [] { try { std::stoi("summit"); } catch (const std::exception &e) { LOG(ERROR, std::string("bad speed, exception: ") + e.what()); } },
        [] {
            try {
                try { throw std::runtime_error("encoder " + number(4) + " is silent"); }
                catch (...) { std::throw_with_nested(std::logic_error("position of the cabin is unknown")); }
            } catch (const std::exception &e) { told(e); }
        },
        [] { try { std::map<int, int>().at(3); } catch (const std::exception &e) { told(e); } },
        [] { try { std::async([] { throw std::domain_error("torque is negative"); }).get(); } catch (const std::exception &e) { told(e); } },
    };
}

#if defined(UBSAN)
static std::vector<Job> deaths() { return {[] { throw std::runtime_error("winch " + number(4) + " is not calibrated"); }, [] { assert(up_to(3) > 7 && "drum is empty"); }, [] { throw std::logic_error("gear of the winch is unknown"); }}; }
static std::vector<Job> more() {
    return {
        [] { kept = (void *)(intptr_t)(most + 1 + (int)up_to(9)); },
        [] { kept = (void *)(intptr_t)(1 << (32 + (int)up_to(9) + zero)); },
        [] { static int a[4]; kept = (void *)(intptr_t)a[5 + up_to(9)]; },
        [] { double big = 1e20 + zero; kept = (void *)(intptr_t)(int)big; },
        [] { static char raw[16]; kept = (void *)(intptr_t) * (int *)(raw + 1 + 2 * up_to(2)); },
        [] { unsigned char raw = 7; bool on; memcpy(&on, &raw, 1); kept = (void *)(intptr_t)(on ? 4 : 3); },
        [] { kept = (void *)(intptr_t)(-(most + zero) - 2); },
        [] { kept = (void *)(intptr_t)(most * (int)(2 + up_to(9))); },
        [] { kept = (void *)(intptr_t)(41 << (zero - 1 - (int)up_to(9))); },
        [] { static int tower[12]; kept = (void *)(intptr_t)tower[zero - 1]; },
        [] { kept = (void *)(intptr_t)(-(-most - 1 + zero)); },
        [] { int size = -3 - (int)up_to(9) + zero; int a[size]; kept = a; },
    };
}
#elif defined(ASAN)
static std::vector<Job> more() { return {}; }
static std::vector<Job> deaths() {
    return {
        [] { int *a = new int[4]; delete[] a; kept = (void *)(intptr_t)a[up_to(4)]; },
        [] { int *a = new int[4]; a[4 + zero] = 1; },
        [] { char *a = (char *)malloc(9); free(a); free(a + zero); },
        [] { int a[4]; volatile int i = 5; a[i] = 1; kept = a; },
        [] { static int a[4]; volatile int i = 5; kept = (void *)(intptr_t)a[i]; },
        [] { int *a = new int[4]; free(a); },
        [] { char a[8]; std::string text(20, 'w'); strcpy(a, text.c_str()); kept = a; },
        [] { *(volatile int *)(uintptr_t)(zero + 16) = 1; },
        [] { std::vector<int> a(3); a.reserve(9); kept = (void *)(intptr_t) * (a.data() + 5 + zero); },
        [] { volatile int n = 8; kept = (void *)(intptr_t)(41 / zero + n); },
        [] { char *a = new char[20]; memcpy(a, a + 2, 12 + zero); kept = a; },
        [] { int *p; { int inner = 4; p = &inner; kept = p; } *p = 5; },
        [] { kept = malloc(SIZE_MAX - 4096 - zero); },
        [] { throw std::runtime_error("rope " + number(4) + " is slack"); },
        [] { assert(up_to(3) > 7 && "cabin hangs"); },
    };
}
#else
static std::vector<Job> more() { return {}; }
static void smash() { char a[8]; volatile int n = 48; for (volatile int i = 0; i < n; i = i + 1) ((volatile char *)a)[i] = 'w'; kept = a; }
static std::vector<Job> deaths() {
    return {
        [] { throw std::runtime_error("winch " + number(4) + " does not answer"); },
        [] { std::vector<int>().at(up_to(9)); },
        [] { assert(up_to(3) > 7 && "drum is empty"); },
        [] { char *a = (char *)malloc(40); free(a + 8 + 8 * zero); },
        [] { char *a = (char *)malloc(4000); kept = malloc(40); free(a); free(a + zero); },
        [] { smash(); },
        [] { char a[8]; std::string text(60, 'w'); strcpy(a, text.c_str()); kept = a; },
        [] { std::vector<int> a(2); kept = (void *)(intptr_t)a[5 + up_to(9)]; },
        [] { Half half; },
        [] { std::thread([] { throw std::out_of_range("tower 14 of 12"); }).join(); },
        [] { error(3, ENOENT, "cannot open rope.cfg"); },
        [] { kept = new char[PTRDIFF_MAX - 4096 - zero]; },
        [] { errno = EACCES; LOG(FATAL, "cannot lock memory: " + std::string(strerror(errno))); _exit(1); },
    };
}
#endif

static void crashed(int number) {
    LOG(FATAL, std::string("caught signal ") + std::to_string(number) + " (" + strsignal(number) + ")" + frames());
    _exit(128 + number);
}

static void save(const char *path, const std::string &text) { std::ofstream(path, std::ios::trunc) << text; }

int main(int count, char **words) {
    way = words[1];
    unsigned seed = std::stoul(words[2]), start = std::stoul(words[3]);
    std::vector<Job> jobs;
    for (int i = 0; i < 2; i++) {
        for (const auto &job : kinds()) jobs.push_back(job);
    }
    for (const auto &job : more()) jobs.push_back(job);
    for (const auto &job : deaths()) jobs.push_back(job);
#if !defined(ASAN) && !defined(UBSAN)
    signal(SIGSEGV, crashed);
    signal(SIGFPE, crashed);
    jobs.push_back([] { *(volatile int *)(uintptr_t)(zero) = 1; });
    jobs.push_back([] { kept = (void *)(intptr_t)(41 / zero); });
#endif
    std::shuffle(jobs.begin(), jobs.end(), std::mt19937(seed));
    chance.seed(seed * 1000 + start);
    LOG(INFO, "winch control started");
    for (unsigned i = start; i < jobs.size(); i++) {
        save(words[4], std::to_string(i));
        ordinary();
        put("\2\n");
        jobs[i]();
        put("\3\n");
    }
    ordinary();
    save(words[4], "done");
}
