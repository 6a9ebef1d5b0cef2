// Reads meters: log4cplus with a pattern, libcurl, POCO-like layout; checks that abort.
#include "marks.h"
#include <cerrno>
#include <csignal>
#include <curl/curl.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <functional>
#include <log4cplus/consoleappender.h>
#include <log4cplus/initializer.h>
#include <log4cplus/layout.h>
#include <log4cplus/logger.h>
#include <log4cplus/loggingmacros.h>
#include <map>
#include <netdb.h>
#include <nlohmann/json.hpp>
#include <string>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

using namespace log4cplus;
static Logger reading, net;

static std::string last() { return std::string(strerror(errno)) + " (errno " + std::to_string(errno) + ")"; }

static std::string fetch(const char *url, long ms = 500) {
  CURL *curl = curl_easy_init();
  char why[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ms);
  CURLcode code = curl_easy_perform(curl);
  curl_easy_cleanup(curl);
  return "curl: (" + std::to_string(code) + ") " + why;
}

static std::string parsed(const char *text) {
  try { nlohmann::json::parse(text).at("value").get<int>(); } catch (const std::exception &e) { return e.what(); }
  return "";
}

static const std::map<std::string, std::function<std::string()>> failures = {
    {"open", [] { open("/dev/meter0", O_RDONLY); return "open /dev/meter0: " + last(); }},
    {"full", [] { int fd = open("/dev/full", O_WRONLY); write(fd, "x", 1); return "write readings: " + last(); }},
    {"mmap", [] { mmap(nullptr, 0, PROT_READ, MAP_SHARED, -1, 0); return "mmap ring buffer: " + last(); }},
    {"library", [] { dlopen("libmbus.so.9", RTLD_NOW); return std::string(dlerror()); }},
    {"host", [] { addrinfo *a; return std::string("getaddrinfo head-end.invalid: ") + gai_strerror(getaddrinfo("head-end.invalid", "80", nullptr, &a)); }},
    {"refused", [] { return fetch("http://127.0.0.1:9/push"); }},
    {"resolve", [] { return fetch("http://head-end.invalid/push"); }},
    {"scheme", [] { return fetch("mbus://head-end/"); }},
    {"json", [] { return parsed("{\"value\": 1,}"); }},
    {"missing", [] { return parsed("{\"val\": 1}"); }},
    {"type", [] { return parsed("{\"value\": \"high\"}"); }},
    {"child", [] { int s = system("exit 9"); return "helper mbus-scan ended with status " + std::to_string(WEXITSTATUS(s)); }},
    {"killed", [] { pid_t p = fork(); if (!p) { raise(SIGKILL); } int s; waitpid(p, &s, 0); return "decoder killed by signal " + std::to_string(WTERMSIG(s)); }},
    {"crc", [] { return std::string("frame 0x3f: CRC mismatch, got 0xBEEF, want 0xF00D"); }},
};

static void healthy() {
  unsigned n = chance(9000);
  switch (n % 8) {
    case 0: LOG4CPLUS_INFO(reading, "meter " << n << " reads " << n * 3 << " kWh"); break;
    case 1: LOG4CPLUS_DEBUG(net, "sent " << n << " bytes, errors 0"); break;
    case 2: LOG4CPLUS_INFO(net, "reconnected after 2 failed attempts"); break;
    case 3: LOG4CPLUS_WARN(reading, "meter " << n << " is behind by one hour"); break;
    case 4: LOG4CPLUS_INFO(reading, "error counter of meter " << n << " reset to 0"); break;
    case 5: LOG4CPLUS_WARN(net, "timeout, attempt 1 of 3"); break;
    case 6: LOG4CPLUS_INFO(net, "attempt 2 of 3 ok"); break;
    default: LOG4CPLUS_DEBUG(reading, "no exception for meter " << n);
  }
}

static void crashed(int signal) {
  void *frames[32];
  fprintf(stderr, "meter: caught signal %d (%s)\n", signal, strsignal(signal));
  backtrace_symbols_fd(frames, backtrace(frames, 32), 2);
  _exit(128 + signal);
}

int main(int argc, char **argv) {
  sow(argc, argv);
  Initializer initializer;
  SharedAppenderPtr out(new ConsoleAppender(true, true));
  out->setLayout(std::make_unique<PatternLayout>("%D{%Y-%m-%d %H:%M:%S.%q} %-5p [%t] %c{2} - %m%n"));
  Logger::getRoot().addAppender(out);
  reading = Logger::getInstance("meter.reading");
  net = Logger::getInstance("meter.net");
  if (std::string(argv[1]) == "fall") {
    std::string how = argv[2];
    for (int i = 0; i < 4; i++) healthy();
    if (how == "segv") signal(SIGSEGV, crashed);
    if (how == "fpe") signal(SIGFPE, crashed);
    begin();
    if (how == "segv") *(volatile int *)8 = 1;
    if (how == "fpe") { volatile int none = 0; none = 7 / none; }
    if (how == "json") { auto x = nlohmann::json::parse("[1,"); }
    if (how == "string") throw "meter table is empty";
    if (how == "pure") { std::string(failures.at("none")()); }
  }
  for (int round = 0; round < 2; round++)
    for (const auto &[name, failing] : failures) {
      for (int i = chance(6); i > 0; i--) healthy();
      std::string why = failing();
      begin();
      switch (chance(3)) {
        case 0: LOG4CPLUS_ERROR(reading, why); break;
        case 1: LOG4CPLUS_FATAL(net, "giving up: " << why); break;
        default: LOG4CPLUS_ERROR(net, "reading of meter " << chance(900) << " failed, " << why);
      }
      end();
    }
}
