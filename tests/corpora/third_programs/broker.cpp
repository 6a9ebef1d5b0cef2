// A broker: `broker WAY CASE` runs into one failure in one logging set-up, marking what belongs to it.
#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <future>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <fstream>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <variant>
#include <vector>

static void mark(const char *text) { write(2, text, strlen(text)); write(2, "\n", 1); }
static void begin() { mark("\x02"); }
static void end() { mark("\x03"); }
static volatile int nothing = 0;

struct topic_error : std::runtime_error { using std::runtime_error::runtime_error; };
struct session { char name[16]; int *counter; session *next; };

static session *open_session() { auto *s = new session{}; strcpy(s->name, "consumer-1"); return s; }
static int depth(int n) { volatile char page[4096]; page[n % 4096] = 1; return depth(n + 1) + page[0]; }

struct failure { const char *name; const char *kind; void (*run)(); };

static int shared_total = 0;

static const failure failures[] = {
    {"outOfRange", "throws", [] { std::vector<int> v(3); fprintf(stdout, "%d", v.at(3 + nothing)); }},
    {"mapAt", "throws", [] { std::map<std::string, int> m; fprintf(stdout, "%d", m.at("orders")); }},
    {"stoi", "throws", [] { fprintf(stdout, "%d", std::stoi("n/a")); }},
    {"topic", "throws", [] { throw topic_error("topic orders.eu does not exist"); }},
    {"optional", "throws", [] { std::optional<int> o; fprintf(stdout, "%d", o.value()); }},
    {"file", "throws", [] { fprintf(stdout, "%ju", (uintmax_t)std::filesystem::file_size("/var/lib/broker/segment-3")); }},
    {"errno", "throws", [] { throw std::system_error(ECONNREFUSED, std::generic_category(), "connect to peer 2"); }},
    {"alloc", "throws", [] { auto *p = new char[std::numeric_limits<ptrdiff_t>::max() - nothing]; fprintf(stdout, "%p", p); }},
    {"future", "throws", [] { std::async(std::launch::async, [] { throw topic_error("replica 2 is not in sync"); }).get(); }},
    {"stream", "throws", [] { std::ifstream f; f.exceptions(std::ios::failbit); f.open("/etc/broker/broker.conf"); }},
    {"nested", "throws", [] { try { std::stoi("x"); } catch (...) { std::throw_with_nested(topic_error("bad partition count")); } }},
    {"variant", "throws", [] { std::variant<int, std::string> v = 1; fprintf(stdout, "%s", std::get<1>(v).c_str()); }},
    {"assertion", "aborts", [] { assert(nothing == 1 && "segment must be sealed"); }},
    {"doubleFree", "aborts", [] { void *p = malloc(64); free(p); void *volatile q = p; free(q); }},
    {"badFree", "aborts", [] { char *volatile p = (char *)malloc(64) + 16; free(p); }},
    {"smash", "aborts", [] { char name[8]; memset(name, 'x', 32 + nothing); fprintf(stdout, "%s", name); }},
    {"pure", "aborts", [] { std::thread t([] {}); }},
    {"mutex", "aborts", [] { char *volatile p = (char *)malloc(24); memset(p, 'x', 24 + 16); free(malloc(1200)); free(p); abort(); }},
    {"noexcept", "aborts", [] { [] () noexcept { throw 17; }(); }},
    {"useAfterFree", "address", [] { session *s = open_session(); delete s; fprintf(stdout, "%s", s->name); }},
    {"heapOverflow", "address", [] { char *p = (char *)malloc(16); p[16 + nothing] = 1; free(p); }},
    {"stackOverflowBuffer", "address", [] { int sizes[4] = {1, 2, 3, 4}; fprintf(stdout, "%d", sizes[4 + nothing]); }},
    {"doubleDelete", "address", [] { session *s = open_session(); delete s; delete s; }},
    {"nullPointer", "address", [] { session *volatile s = nullptr; fprintf(stdout, "%s", s->next->name); }},
    {"deep", "address", [] { fprintf(stdout, "%d", depth(0)); }},
    {"strcpy", "address", [] { char name[8]; strcpy(name, std::string(20 + nothing, 'x').c_str()); fprintf(stdout, "%s", name); }},
    {"mismatch", "address", [] { session *s = open_session(); free(s); }},
    {"globalOverflow", "address", [] { static char table[8] = "topics"; fprintf(stdout, "%c", table[8 + nothing]); }},
    {"leak", "leak", [] { open_session(); }},
    {"leakMany", "leak", [] { for (int n = 0; n < 3; n++) strdup("subscription"); auto *s = open_session(); s->next = open_session(); }},
    {"signedOverflow", "undefined", [] { int offset = std::numeric_limits<int>::max(); offset += 1 + nothing; fprintf(stdout, "%d", offset); }},
    {"shift", "undefined", [] { int bits = 40 + nothing; fprintf(stdout, "%d", 1 << bits); }},
    {"divide", "undefined", [] { int n = nothing; fprintf(stdout, "%d", 100 / (n + 1)); int m = std::numeric_limits<int>::min(); fprintf(stdout, "%d", m / (n - 1)); }},
    {"nullMember", "undefined", [] { int *volatile p = nullptr; int &r = *p; fprintf(stdout, "%p", (void *)&r); }},
    {"index", "undefined", [] { int sizes[4] = {}; fprintf(stdout, "%d", sizes[4 + nothing]); }},
    {"enumBool", "undefined", [] { char raw = 3; bool b; memcpy(&b, &raw, 1); if (b) fprintf(stdout, "x"); }},
    {"misaligned", "undefined", [] { alignas(8) char buffer[16] = {}; fprintf(stdout, "%d", *(int *)(buffer + 1 + nothing)); }},
    {"race", "thread", [] { std::thread a([] { shared_total++; usleep(20000); }), b([] { shared_total++; usleep(20000); }); a.join(); b.join(); }},
    {"lockOrder", "thread", [] {
        static std::mutex accounts, journal;
        std::thread a([] { std::lock_guard one(accounts); std::lock_guard two(journal); }); a.join();
        std::thread b([] { std::lock_guard one(journal); std::lock_guard two(accounts); }); b.join(); }},
    {"threadLeak", "thread", [] { pthread_t t; pthread_create(&t, nullptr, [](void *) -> void * { return nullptr; }, nullptr); usleep(20000); }},
    {"raceVector", "thread", [] { static std::vector<int> rows; std::thread a([] { rows.push_back(1); usleep(20000); }); std::thread b([] { rows.push_back(2); usleep(20000); }); a.join(); b.join(); }},
    {"heapRace", "thread", [] { auto *s = open_session(); std::thread a([s] { s->name[0] = 'x'; usleep(20000); }); s->name[0] = 'y'; a.join(); delete s; }},
};

static void log_line(const std::string &way, const char *level, const std::string &text) {
    char now[64];
    time_t t = time(nullptr);
    tm *at = gmtime(&t);
    std::string line;
    if (way == "glog") {
        strftime(now, sizeof now, "%Y%m%d %H:%M:%S.123456", at);
        line = std::string(1, level[0]) + now + "   871 broker.cpp:88] " + text;
    } else if (way == "spdlog") {
        strftime(now, sizeof now, "[%Y-%m-%d %H:%M:%S.123]", at);
        std::string lower(level);
        for (char &c : lower) c = tolower(c);
        line = std::string(now) + " [broker] [" + (lower == "warn" ? "warning" : lower) + "] " + text;
    } else if (way == "boost") {
        strftime(now, sizeof now, "[%Y-%m-%d %H:%M:%S.123456]", at);
        std::string lower(level);
        for (char &c : lower) c = tolower(c);
        line = std::string(now) + " [0x00007f1c] [" + (lower == "warn" ? "warning" : lower) + "] " + text;
    } else if (way == "syslog") {
        strftime(now, sizeof now, "%b %d %H:%M:%S", at);
        line = std::string(now) + " web-3 broker[871]: " + (std::string(level) == "ERROR" ? "error: " : std::string(level) == "WARN" ? "warning: " : "") + text;
    } else {
        strftime(now, sizeof now, "%Y-%m-%d %H:%M:%S", at);
        line = std::string(now) + " " + level + " " + text;
    }
    mark(line.c_str());
}

static const char *chatter[][2] = {
    {"INFO", "produce orders.eu 200 in 3ms"}, {"INFO", "rotated segment 12, errors=0"}, {"WARN", "consumer lag is 812"},
    {"INFO", "listening on 0.0.0.0:9092"}, {"DEBUG", "no error in index of segment 3"}, {"WARN", "retrying in 200ms"},
    {"INFO", "peer 2 joined, error rate 0.0%"},
};

int main(int argc, char **argv) {
    if (argc < 3) {
        for (const failure &f : failures) fprintf(stdout, "%s %s\n", f.kind, f.name);
        return 0;
    }
    std::string way = argv[1];
    int seed = 0;
    for (char c : way + argv[2]) seed += c;
    for (int n = 0; n < 3; n++) log_line(way, chatter[(seed + n) % 7][0], chatter[(seed + n) % 7][1]);
    for (const failure &f : failures) {
        if (strcmp(f.name, argv[2])) continue;
        if (!strcmp(f.kind, "throws") && way != "die") {
            try { f.run(); }
            catch (const std::exception &e) {
                begin();
                log_line(way, "ERROR", std::string("produce failed: ") + e.what());
                end();
            }
        } else if (!strcmp(f.kind, "leak")) {
            f.run();
            for (int n = 4; n < 6; n++) log_line(way, chatter[(seed + n) % 7][0], chatter[(seed + n) % 7][1]);
            begin();
            return 0;
        } else {
            begin();
            f.run();
            end();
        }
    }
    fflush(stdout);
    for (int n = 4; n < 6; n++) log_line(way, chatter[(seed + n) % 7][0], chatter[(seed + n) % 7][1]);
}
