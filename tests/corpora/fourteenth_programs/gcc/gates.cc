// The gates of a museum network: turnstiles, ticket validation, book return machines.
//
// Ways of logging: `spdlog` (its default pattern), `glog` (with its failure signal handler), `bare` (streams),
// `journal` (a level and the text); `asan` and `ubsan` are built with the sanitizers and log a time, a
// level and the name.
#include <execinfo.h>
#include <signal.h>
#include <unistd.h>

#include <cassert>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#ifdef LIBRARIES
#include <glog/logging.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#endif

static const int JOBS = 50;
static std::string way;
static std::mt19937 engine;

static int between(int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine); }
template <class T>
static T pick(std::initializer_list<T> of) { return of.begin()[between(0, of.size() - 1)]; }

enum Level { DEBUG_, INFO_, WARNING_, ERROR_, CRITICAL_ };

static void say(Level level, const std::string &text) {
#ifdef LIBRARIES
    if (way == "spdlog") {
        static const spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err, spdlog::level::critical};
        spdlog::log(levels[level], text);
        return;
    }
    if (way == "glog") {
        if (level == DEBUG_) return;
        if (level == INFO_) LOG(INFO) << text;
        if (level == WARNING_) LOG(WARNING) << text;
        if (level >= ERROR_) LOG(ERROR) << text;
        return;
    }
#endif
    static const char *names[] = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};
    if (way == "journal") {
        std::cerr << names[level] << ": " << text << std::endl;
    } else if (way == "bare") {
        if (level >= WARNING_) std::cerr << (level == WARNING_ ? "warning: " : "error: ") << text << std::endl;
        else std::cout << text << std::endl;
    } else {
        char at[32];
        std::time_t now = std::time(nullptr);
        std::strftime(at, sizeof at, "%Y-%m-%d %H:%M:%S", std::gmtime(&now));
        std::cerr << at << " " << names[level] << " gates: " << text << std::endl;
    }
}

static void mark(int byte) {
    std::cout.flush();
    std::cerr.flush();
    fflush(nullptr);
    char line[] = {(char)byte, '\n'};
    if (write(1, line, 2) != 2) abort();
}

struct Ticket {
    int number;
    char name[16];
    int visits;
};

__attribute__((noinline)) int price(const std::string &text) { return std::stoi(text); }

__attribute__((noinline)) std::string firmware(int gate) {
    std::ifstream file;
    file.exceptions(std::ios::failbit);
    file.open("/srv/gates/" + std::to_string(gate) + ".bin");
    return "";
}

__attribute__((noinline)) int place(const std::vector<int> &places) { return places.at(between(30, 90)); }

__attribute__((noinline)) std::string owner(const std::map<int, std::string> &books) { return books.at(between(1, 900)); }

__attribute__((noinline)) void validate(int number) {
    try {
        price(pick({"free", "", "group"}));
    } catch (...) {
        std::throw_with_nested(std::runtime_error("ticket " + std::to_string(number) + " is not valid"));
    }
}

__attribute__((noinline)) void enter(int gate) {
    try {
        validate(between(10000, 99999));
    } catch (...) {
        std::throw_with_nested(std::runtime_error("gate " + std::to_string(gate) + " stays closed"));
    }
}

static std::string chain(const std::exception &error, int depth = 0) {
    std::string text = (depth ? "\n" + std::string(depth * 2, ' ') + "caused by: " : "") + error.what();
    try {
        std::rethrow_if_nested(error);
    } catch (const std::exception &cause) {
        text += chain(cause, depth + 1);
    } catch (...) {
    }
    return text;
}

static void fail(const std::string &kind) {
    if (kind == "price") price(pick({"free", "reduced", ""}));
    if (kind == "firmware") firmware(between(1, 30));
    if (kind == "place") place({1, 2, 3});
    if (kind == "owner") owner({});
    if (kind == "nested") enter(between(1, 12));
}

static void caught(const std::string &kind) {
    static const std::map<std::string, std::string> said = {{"price", "price not read"}, {"firmware", "firmware update failed"}, {"place", "no such return slot"}, {"owner", "book is nobody's"}, {"nested", "entry refused"}};
    try {
        fail(kind);
    } catch (const std::exception &error) {
        say(ERROR_, said.at(kind) + ": " + chain(error));
    }
}

static void handler(int signal) {
    void *frames[32];
    int count = backtrace(frames, 32);
    fprintf(stderr, "Caught signal %d (%s)\n", signal, strsignal(signal));
    backtrace_symbols_fd(frames, count, 2);
    _exit(128 + signal);
}

__attribute__((noinline)) int visits(Ticket *ticket) { return ticket->visits + between(0, 3); }

__attribute__((noinline)) int count(Ticket *ticket) { return visits(ticket) + 1; }

__attribute__((noinline)) void print(int number) {
    char line[8];
    volatile int width = 40;
    std::string text = "ticket " + std::to_string(number) + " of the glass house, guided tour";
    memcpy(line, text.c_str(), (size_t)width);
    asm volatile("" : : "r"(line) : "memory");
}

__attribute__((noinline)) void check(const Ticket *ticket) { assert(ticket->visits >= 0 && "a ticket cannot have been used less than never"); }

static void die(int kind) {
    Ticket ticket = {between(1, 999), "adult", -between(1, 9)};
    switch (kind) {
        case 0: fail(pick({"price", "place", "owner", "firmware"})); break;
        case 1: count(nullptr); break;
        case 2: check(&ticket); break;
        case 3:
#ifdef LIBRARIES
            if (way == "glog") {
                CHECK_EQ(between(1, 4), between(5, 9)) << "turnstile controllers missing";
                break;
            }
#endif
            say(CRITICAL_, "lost all " + std::to_string(between(2, 8)) + " turnstiles, exiting");
            exit(1);
        case 4: {
            Ticket *volatile returned = (Ticket *)malloc(sizeof ticket);
            free(returned);
            free(returned);
            break;
        }
        case 5: fail("nested"); break;
        case 6: print(between(1, 999)); break;
        case 7: {
            std::vector<int> places;
            volatile int index = between(3, 9);
            std::cout << places[index] << std::endl;
            break;
        }
    }
}

#ifdef ASAN
__attribute__((noinline)) int use_returned() {
    Ticket *ticket = new Ticket{between(1, 999), "child", 1};
    delete ticket;
    return ticket->visits;
}

__attribute__((noinline)) int past_heap() {
    int *places = new int[between(4, 9)];
    volatile int index = 10;
    int value = places[index];
    delete[] places;
    return value;
}

__attribute__((noinline)) void past_stack(const char *name) {
    char label[12];
    strcpy(label, name);
    asm volatile("" : : "r"(label) : "memory");
}

__attribute__((noinline)) void twice() {
    char *row = (char *)malloc(between(16, 90));
    free(row);
    free(row);
}

static int slots[8];
__attribute__((noinline)) int global(int slot) { return slots[slot]; }

static void sanitized(int kind) {
    switch (kind % 6) {
        case 0: std::cout << use_returned() << std::endl; break;
        case 1: std::cout << past_heap() << std::endl; break;
        case 2: past_stack("Museum of Natural History"); break;
        case 3: twice(); break;
        case 4: std::cout << global(between(8, 11)) << std::endl; break;
        case 5: count(nullptr); break;
    }
}
#endif
#ifdef UBSAN
__attribute__((noinline)) int scale(int value) { return value * 2'000'000; }
__attribute__((noinline)) int bits(int width) { return 1 << width; }
__attribute__((noinline)) int share(int sold, int gates) { return gates ? sold / gates : sold; }
__attribute__((noinline)) int whole(double value) { return (int)value; }
__attribute__((noinline)) int slot(int index) {
    int slots[4] = {1, 2, 3, 4};
    return slots[index];
}

static void sanitized(int kind) {
    switch (kind % 4) {
        case 0: scale(between(5000, 90000)); break;
        case 1: bits(between(32, 63)); break;
        case 2: whole(1e10 * between(1, 90)); break;
        case 3: slot(between(4, 5)); break;
    }
}
#endif

static void work() {
    for (int i = between(2, 4); i > 0; i--) {
        int number = between(10000, 99999);
        switch (between(0, 4)) {
            case 0: say(INFO_, "ticket " + std::to_string(number) + " validated at gate " + std::to_string(number % 12)); break;
            case 1: say(INFO_, "book " + std::to_string(number) + " taken back, belt " + std::to_string(number % 4)); break;
            case 2: say(INFO_, std::to_string(number % 300) + " visitors inside"); break;
            case 3: say(INFO_, "gate " + std::to_string(number % 12) + " opened in " + std::to_string(number % 900) + " ms"); break;
            case 4: say(INFO_, "heartbeat of " + std::to_string(number % 12 + 1) + " gates"); break;
        }
    }
    if (between(0, 9) < 3) say(DEBUG_, "event queue holds " + std::to_string(between(0, 40)));
    if (between(0, 9) < 1) say(WARNING_, "belt " + std::to_string(between(1, 4)) + " is nearly full");
}

int main(int count, char **arguments) {
    way = arguments[1];
    int seed = atoi(arguments[2]), start = atoi(arguments[3]);
#ifdef LIBRARIES
    if (way == "glog") {
        FLAGS_logtostderr = true;
        google::InitGoogleLogging(arguments[0]);
        google::InstallFailureSignalHandler();
    }
    if (way == "spdlog") {
        spdlog::set_default_logger(spdlog::stdout_logger_mt("gates"));
        spdlog::set_level(spdlog::level::debug);
        spdlog::flush_on(spdlog::level::trace);
    }
#endif
    if (way == "bare" || way == "spdlog" || way == "journal") signal(SIGSEGV, handler);
    std::vector<std::string> order = {"price", "firmware", "nested", "die", "place", "batch", "owner", "nested", "die", "price", "nested", "firmware", "die"};
#if defined(ASAN) || defined(UBSAN)
    order = {"sanitized", "price", "sanitized", "firmware", "nested", "sanitized", "batch", "place", "sanitized", "owner"};
#endif
    engine.seed(seed);
    if (start == 0) say(INFO_, "gates 4.4.0 up");
    for (int number = start; number < JOBS; number++) {
        std::ofstream(arguments[4]) << number << std::flush;
        engine.seed(seed * 1000 + number);
        work();
        std::string kind = order[(number * 7 + seed) % order.size()];
        int before = seed;
        for (int n = 0; n < number; n++) before += order[(n * 7 + seed) % order.size()] == kind;
        if (kind == "batch") {
            for (int i = between(2, 3); i > 0; i--) {
                mark(2);
                say(ERROR_, "return of book " + std::to_string(between(10000, 99999)) + " not booked: " + pick({"catalogue timeout", "tag unreadable", "unknown tag"}));
                mark(3);
            }
            continue;
        }
        mark(2);
        if (kind == "die") die(before % 8);
#if defined(ASAN) || defined(UBSAN)
        else if (kind == "sanitized") sanitized(before);
#endif
        else caught(kind);
        mark(3);
    }
    engine.seed(seed);
    work();
    std::ofstream(arguments[4]) << "done" << std::flush;
    return 0;
}
