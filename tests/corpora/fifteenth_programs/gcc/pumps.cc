// Runs the pumping stations of a water network: starts and stops pumps, watches pressures and levels.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#ifdef LOGGERS
#include <glog/logging.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#endif

static std::string way;
static std::mt19937 chance;
static const std::vector<std::string> PUMPS = {"booster-1", "booster-2", "intake-a", "intake-b", "transfer-3", "drain-7"};

static int between(int low, int high) { return low + int(chance() % unsigned(high - low + 1)); }
static const std::string& pick(const std::vector<std::string>& list) { return list[chance() % list.size()]; }

static void mark(char byte) {
    fflush(nullptr);
    char line[] = {byte, '\n'};
    if (write(1, line, 2) != 2) _exit(9);
}

enum Level { DEBUG_, INFO_, WARN_, ERROR_, FATAL_ };

static void say(Level level, const std::string& text) {
#ifdef LOGGERS
    if (way == "spdlog") {
        static const spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                           spdlog::level::err, spdlog::level::critical};
        spdlog::log(levels[level], "{}", text);
        return;
    }
    if (way == "glog") {
        if (level <= INFO_) LOG(INFO) << text;
        else if (level == WARN_) LOG(WARNING) << text;
        else LOG(ERROR) << text;
        return;
    }
#endif
    static const char* const names[] = {"debug", "info", "warning", "error", "fatal"};
    if (way == "bare") {
        if (level <= INFO_) fprintf(stdout, "%s\n", text.c_str());
        else fprintf(stderr, "pumpd: %s: %s\n", names[level], text.c_str());
    } else if (way == "journal") {
        fprintf(stderr, "%s: %s\n", names[level], text.c_str());
    } else {
        char stamp[32];
        time_t now = time(nullptr);
        strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", localtime(&now));
        static const char* const upper[] = {"DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
        fprintf(stderr, "%s [%s] %s\n", stamp, upper[level], text.c_str());
    }
    fflush(nullptr);
}

static void work() {
    for (int n = between(2, 4); n > 0; n--) {
        const std::string& pump = pick(PUMPS);
        switch (between(0, 6)) {
            case 0: say(DEBUG_, "polled " + pump + " in " + std::to_string(between(2, 90)) + " ms"); break;
            case 1: say(INFO_, pump + " started, " + std::to_string(between(20, 110)) + " kW"); break;
            case 2: say(INFO_, pump + " stopped after " + std::to_string(between(5, 600)) + " min"); break;
            case 3: say(INFO_, "tower level " + std::to_string(between(10, 98)) + " %"); break;
            case 4: say(WARN_, pump + " due for service in " + std::to_string(between(1, 30)) + " days"); break;
            case 5: say(DEBUG_, "schedule of " + pump + " read, " + std::to_string(between(1, 12)) + " entries"); break;
            default: say(INFO_, "night rate until 06:00, " + pump + " preferred");
        }
    }
}

struct PumpError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

static double pressure(const std::string& text) { return std::stod(text); }
static int speed(const std::map<std::string, int>& speeds, const std::string& pump) { return speeds.at(pump); }
static void start(const std::string& pump) {
    throw PumpError("drive of " + pump + " reports fault F" + std::to_string(between(10, 99)));
}
static void switch_on(const std::string& pump) {
    try {
        start(pump);
    } catch (const PumpError&) {
        std::throw_with_nested(std::runtime_error("could not switch on " + pump));
    }
}
static std::string told(const std::exception& error) {
    std::string text = error.what();
    try {
        std::rethrow_if_nested(error);
    } catch (const std::exception& inner) {
        text += ": " + told(inner);
    }
    return text;
}

struct Reading {
    int level;
    int flow[4];
};

__attribute__((noinline)) static int past(int* levels, int index) { return levels[index]; }
__attribute__((noinline)) static int total(int a, int b) { return a + b; }
__attribute__((noinline)) static int litres(int flow, int seconds) { return flow * seconds; }
__attribute__((noinline)) static int reversed(int flow) { return -flow; }
__attribute__((noinline)) static int at_offset(const char* frame, int offset) {
    return *reinterpret_cast<const int*>(frame + offset);
}
__attribute__((noinline)) static int shifted(int value, int by) { return value << by; }
__attribute__((noinline)) static Reading* latest(const std::string& pump) { return pump.empty() ? new Reading : nullptr; }
__attribute__((noinline)) static int level_of(const std::string& pump) { return latest(pump)->level; }
__attribute__((noinline)) static void copy_name(char* to, const char* from) { strcpy(to, from); }
__attribute__((noinline)) static Reading* released() {
    Reading* reading = new Reading{1, {2, 3, 4, 5}};
    delete reading;
    return reading;
}

static volatile int sink;

static void handle(const std::string& kind) {
    const std::string& pump = pick(PUMPS);
    mark('\2');
    if (kind == "line") {
        switch (between(0, 3)) {
            case 0: say(ERROR_, "modbus: no answer from " + pump + " within " + std::to_string(between(2, 30)) + " s"); break;
            case 1: say(ERROR_, pump + " tripped: motor at " + std::to_string(between(120, 160)) + " C"); break;
            case 2: say(ERROR_, "could not write set point of " + pump + ": Connection timed out"); break;
            default: say(ERROR_, "valve behind " + pump + " stuck at " + std::to_string(between(3, 60)) + " %");
        }
    } else if (kind == "pair") {
        say(ERROR_, "both level probes of " + pump + " failed");
        mark('\3');
        mark('\2');
        say(ERROR_, "alarm call to duty engineer not answered");
    } else if (kind == "caught") {
        try {
            if (between(0, 1)) pressure(pick({"", "n/a", "--"}));
            speed({}, pump);
        } catch (const std::exception& error) {
            say(ERROR_, "poll of " + pump + " failed: " + error.what());
        }
    } else if (kind == "nested") {
        try {
            switch_on(pump);
        } catch (const std::exception& error) {
            say(ERROR_, told(error));
        }
    } else if (kind == "errno") {
        std::string path = "/var/lib/pumpd/" + pump + ".sched";
        if (open(path.c_str(), O_RDONLY) < 0) say(ERROR_, "open " + path + ": " + strerror(errno));
    } else if (kind == "uncaught") {
        if (between(0, 1)) switch_on(pump);
        speed({}, pump);
    } else if (kind == "bounds") {
        std::vector<int> levels(size_t(between(1, 4)));
        sink = levels[size_t(between(5, 9))];
    } else if (kind == "fatal") {
#ifdef LOGGERS
        if (way == "glog") LOG(FATAL) << "no license for station " << pump;
#endif
        say(FATAL_, "no configuration for station " + pump + ", exiting");
        exit(1);
    } else if (kind == "check") {
#ifdef LOGGERS
        if (way == "glog") CHECK_GT(between(-9, 0), 0) << "flow of " << pump << " must be positive";
#endif
        throw PumpError("flow of " + pump + " must be positive");
    } else if (kind == "double_free") {
        char* name = static_cast<char*>(malloc(40));
        char* other = name;
        free(name);
        free(other);
    } else if (kind == "heap_overflow") {
        std::unique_ptr<int[]> levels(new int[8]);
        sink = past(levels.get(), between(8, 11));
    } else if (kind == "use_after_free") {
        sink = released()->flow[between(0, 3)];
    } else if (kind == "stack_overflow") {
        char name[8];
        copy_name(name, (pump + "-standby").c_str());
        sink = name[0];
    } else if (kind == "null") {
        sink = level_of(pump);
    } else if (kind == "add") {
        sink = total(INT_MAX - between(0, 9), between(10, 99));
    } else if (kind == "shift") {
        sink = shifted(between(1, 9), between(32, 60));
    } else if (kind == "index") {
        int levels[4] = {1, 2, 3, 4};
        volatile int at = between(4, 7);
        sink = levels[at];
    } else if (kind == "multiply") {
        sink = litres(between(100000, 200000), between(30000, 60000));
    } else if (kind == "negate") {
        sink = reversed(INT_MIN);
    } else if (kind == "align") {
        char frame[16] = {};
        sink = at_offset(frame, 2 * between(0, 2) + 1);
    }
    mark('\3');
}

int main(int argc, char** argv) {
    way = argv[1];
    unsigned seed = unsigned(atoi(argv[2]));
    int start = atoi(argv[3]);
#ifdef LOGGERS
    FLAGS_logtostderr = true;
    google::InitGoogleLogging("pumpd");
    if (way == "glog") google::InstallFailureSignalHandler();
    auto logger = spdlog::stdout_logger_st("pumpd");
    logger->set_level(spdlog::level::debug);
    logger->flush_on(spdlog::level::debug);
    spdlog::set_default_logger(logger);
#endif
    std::vector<std::string> kinds = {"line", "line", "line", "pair", "caught", "caught", "caught", "nested", "nested", "errno", "errno"};
#if defined(ASAN)
    std::vector<std::string> deaths = {"heap_overflow", "heap_overflow", "use_after_free", "use_after_free", "stack_overflow", "null", "double_free"};
#elif defined(UBSAN)
    std::vector<std::string> deaths = {"add", "add", "shift", "shift", "index", "multiply", "multiply", "negate", "align", "align", "uncaught"};
#else
    std::vector<std::string> deaths = {"uncaught", "bounds", "check", "fatal", "double_free"};
#endif
    std::vector<std::string> jobs;
    for (int round = 0; round < 3; round++) {
        jobs.insert(jobs.end(), kinds.begin(), kinds.end());
        if (round < 2) jobs.insert(jobs.end(), deaths.begin(), deaths.end());
    }
    chance.seed(seed);
    for (size_t i = jobs.size() - 1; i > 0; i--) std::swap(jobs[i], jobs[size_t(between(0, int(i)))]);
    if (start == 0) say(INFO_, "pumpd 5.2 started");
    for (size_t number = size_t(start); number < jobs.size(); number++) {
        chance.seed(seed * 1000 + unsigned(number));
        std::ofstream(argv[4]) << number << std::flush;
        work();
        handle(jobs[number]);
    }
    work();
    std::ofstream(argv[4]) << "done" << std::flush;
    return 0;
}
