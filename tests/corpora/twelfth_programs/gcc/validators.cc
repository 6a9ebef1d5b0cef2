// A daemon that talks to the ticket validators in buses and trams.
// spdlog and glog are the real ones, each in a build of its own; "syslog" is the layout of a plain log.c.
#include <cassert>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <execinfo.h>
#include <fstream>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

#if defined(WITH_SPDLOG)
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#elif defined(WITH_GLOG)
#include <glog/logging.h>
#endif

static const int JOBS = 44;
static std::string way;
static std::mt19937 chance;

static int between(int low, int high) { return low + int(chance() % unsigned(high - low + 1)); }

static std::string pick(std::vector<std::string> from) { return from[chance() % from.size()]; }

static std::string validator() { return "validator " + std::to_string(between(10001, 19999)); }

enum Level { DEBUG_LEVEL, INFO_LEVEL, WARN_LEVEL, ERROR_LEVEL, FATAL_LEVEL };

static void tell(Level level, const std::string& text) {
#if defined(WITH_SPDLOG)
    static const spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                       spdlog::level::err, spdlog::level::critical};
    spdlog::log(levels[level], text);
#elif defined(WITH_GLOG)
    if (level <= INFO_LEVEL)
        LOG(INFO) << text;
    else if (level == WARN_LEVEL)
        LOG(WARNING) << text;
    else
        LOG(ERROR) << text;
#else
    static const char* names[] = {"DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
    if (way == "syslog") {
        char stamp[32];
        time_t now = time(nullptr);
        strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", localtime(&now));
        fprintf(stderr, "%s validatord[%d] %s %s\n", stamp, int(getpid()), names[level], text.c_str());
    } else if (level <= INFO_LEVEL) {
        fprintf(stderr, "%s\n", text.c_str());
    } else {
        fprintf(stderr, "%s: %s\n", level == WARN_LEVEL ? "warning" : level == ERROR_LEVEL ? "error" : "fatal", text.c_str());
    }
#endif
}

static void begin() { (void)!write(2, "\2\n", 2); }

static void end() { (void)!write(2, "\3\n", 2); }

static void on_crash(int number) {
    void* frames[32];
    int many = backtrace(frames, 32);
    dprintf(2, "Caught signal %d (%s), backtrace:\n", number, strsignal(number));
    backtrace_symbols_fd(frames, many, 2);
    signal(number, SIG_DFL);
    raise(number);
}

static void work() {
    for (int i = between(2, 4); i > 0; i--) {
        switch (between(0, 10)) {
            case 0: case 1: case 2: tell(INFO_LEVEL, validator() + " sent " + std::to_string(between(3, 400)) + " taps"); break;
            case 3: case 4: tell(INFO_LEVEL, "block list version " + std::to_string(between(1000, 9999)) + " sent to " + validator()); break;
            case 5: case 6: tell(DEBUG_LEVEL, "keep-alive of " + std::to_string(between(20, 900)) + " validators"); break;
            case 7: case 8: case 9: tell(INFO_LEVEL, validator() + " connected from depot " + pick({"north", "south", "harbour"})); break;
            default: tell(WARN_LEVEL, validator() + " has " + std::to_string(between(5, 15)) + " percent of battery"); break;
        }
    }
}

struct Tap {
    int card;
    int stop;
    char zone[8];
};

static int decode(const std::string& frame) { return std::stoi(frame); }

static int firmware(const std::map<std::string, int>& known) { return known.at(pick({"v9", "beta"})); }

static void config(int id) {
    std::ifstream file;
    file.exceptions(std::ios::failbit);
    file.open("/srv/validators/" + std::to_string(id) + ".conf");
}

static void checksum(int id) {
    throw std::runtime_error("frame " + std::to_string(id) + " has checksum " + std::to_string(between(0, 65535)));
}

static void throwing() {
    switch (between(0, 4)) {
        case 0: decode(pick({"", "tap", "?17"})); break;
        case 1: firmware({{"v1", 1}, {"v2", 2}}); break;
        case 2: config(between(1, 999)); break;
        case 3: std::string("tap").substr(between(5, 9)); break;
        default: checksum(between(1, 99999)); break;
    }
}

__attribute__((noinline)) static int stop_of(volatile Tap* tap) { return tap->stop; }

__attribute__((noinline)) static int route(volatile Tap* tap, int depth) {
    int below = depth > 0 ? route(tap, depth - 1) : stop_of(tap);
    return below + 1;
}

// A call of its own, so that no compiler takes both frees away.
__attribute__((noinline, noipa)) static void release(char* frame) { free(frame); }

#if defined(WITH_ASAN)
__attribute__((noinline)) static int tap_at(int* taps, int at) { return taps[at]; }

static int recent[8];

static void die() {
    int many = between(4, 40);
    switch (between(0, 5)) {
        case 0: { int* taps = new int[many]; printf("%d", tap_at(taps, many + between(0, 3))); break; }
        case 1: { int* taps = new int[many]; delete[] taps; printf("%d", tap_at(taps, between(0, 3))); break; }
        case 2: { char* name = (char*)malloc(many); memset(name, 'x', many + between(1, 8)); puts(name); break; }
        case 3: { int taps[6] = {}; printf("%d", tap_at(taps, 6 + between(0, 1))); break; }
        case 4: printf("%d", tap_at(recent, 8 + between(0, 2))); break;
        default: { char* frame = (char*)malloc(many); release(frame); release(frame); break; }
    }
    printf("%d", route(nullptr, between(0, 3)));
}
#elif defined(WITH_UBSAN)
static void die() {
    volatile int big = 2147483647 - between(0, 2), zero = 0, shift = between(32, 70);
    volatile int at = between(4, 9);
    static int zones[4];
    switch (between(0, 4)) {
        case 0: big = big + between(3, 9); break;
        case 1: zero = big << shift; break;
        case 2: zero = zones[at]; break;
        case 3: { volatile double fare = 1e20; zero = int(fare); break; }
        default: { volatile int low = -2147483647 - 1; zero = -low; break; }
    }
}
#else
static void die() {
    switch (between(0, 6)) {
        case 0: case 1: route(reinterpret_cast<Tap*>(between(0, 1) * 16L), between(0, 4)); break;
        case 2: case 3: throwing(); break;
        case 4: { int taps = between(1, 9); assert(taps > 10 && "taps of a full frame"); break; }
        case 5: { char* frame = (char*)malloc(40); release(frame); release(frame); break; }
        default: {
#if defined(WITH_GLOG)
            CHECK_GT(between(0, 9), 20) << "block list is not loaded";
#else
            std::vector<int> stops(between(1, 5));
            stops.at(stops.size() + between(0, 3)) = 1;
#endif
        }
    }
}
#endif

static void caught() {
    begin();
    try {
        throwing();
    } catch (const std::exception& error) {
        tell(ERROR_LEVEL, pick({"dropping frame of ", "cannot configure ", "lost taps of "}) + validator() + ": " + error.what());
    }
    end();
}

static void several() {
    for (int i = between(2, 3); i > 0; i--) {
        begin();
        tell(ERROR_LEVEL, validator() + pick({": connection reset by peer", ": handshake timed out", ": clock is off by a day"}));
        end();
    }
}

static void gave_up() {
    begin();
#if defined(WITH_GLOG)
    LOG(FATAL) << "cannot open tap store " << between(1, 9) << ": no space left on device";
#else
    tell(FATAL_LEVEL, "cannot open tap store " + std::to_string(between(1, 9)) + ": no space left on device");
    exit(1);
#endif
}

static void keep(const char* state, const std::string& text) {
    std::ofstream(state) << text;
}

int main(int, char** words) {
    way = words[1];
    int start = atoi(words[3]);
    chance.seed(unsigned(atoi(words[2]) * 1000 + start));
#if defined(WITH_SPDLOG)
    spdlog::set_default_logger(spdlog::stderr_logger_st("validatord"));
    spdlog::set_level(spdlog::level::debug);
#elif defined(WITH_GLOG)
    FLAGS_logtostderr = true;
    google::InitGoogleLogging(words[0]);
    google::InstallFailureSignalHandler();
#endif
#if !defined(WITH_GLOG) && !defined(WITH_ASAN) && !defined(WITH_UBSAN)
    signal(SIGSEGV, on_crash);
#endif
    tell(INFO_LEVEL, "validatord started");
    for (int job = start; job < JOBS; job++) {
        keep(words[4], std::to_string(job));
        work();
        int kind = between(0, 99);
        if (kind < 50) {
            caught();
        } else if (kind < 60) {
            several();
        } else if (kind < 96) {
            begin();
            die();
        } else {
            gave_up();
        }
    }
    work();
    keep(words[4], "done");
}
