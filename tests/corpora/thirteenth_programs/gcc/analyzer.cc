// Drive the blood analyzers of a veterinary hospital and keep what they measure.
//
// Built with spdlog, with glog (and its handler of signals), with a sanitizer, or with neither: then it writes lines
// as a small daemon does, to the streams.
#include <cassert>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <execinfo.h>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>
#ifdef SPDLOG
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#endif
#ifdef GLOG
#include <glog/logging.h>
#endif

static const int JOBS = 44;
enum Level { DEBUG_, INFO_, WARNING_, ERROR_ };

static void mark(char byte) {
  fflush(stdout);
  fflush(stderr);
  char line[2] = {byte, '\n'};
  (void)!write(1, line, 2);
}

static void say(Level level, const std::string &text) {
#if defined(SPDLOG)
  spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err};
  spdlog::log(levels[level], "{}", text);
#elif defined(GLOG)
  if (level == ERROR_) LOG(ERROR) << text;
  else if (level == WARNING_) LOG(WARNING) << text;
  else LOG(INFO) << text;
#else
  static const char *names[] = {"debug", "info", "warning", "error"};
  fprintf(stderr, "analyzerd: %s: %s\n", names[level], text.c_str());
#endif
}

#if !defined(GLOG) && !defined(ASAN) && !defined(UBSAN)
static void on_segfault(int number) {
  void *frames[32];
  int count = backtrace(frames, 32);
  fprintf(stderr, "Caught signal %d (%s), backtrace:\n", number, strsignal(number));
  backtrace_symbols_fd(frames, count, 2);
  signal(number, SIG_DFL);
  raise(number);
}
#endif

struct Sample {
  int id;
  double value;
  Sample *next;
};

struct Job {
  int number, seed, analyzer, sample;
  std::string test, pet;
  std::mt19937 chance;
  Job(int number, int seed) : number(number), seed(seed), chance(seed * 1000 + number) {
    analyzer = 1 + below(4);
    sample = 10000 + below(89999);
    test = std::vector<std::string>{"CBC", "ALT", "T4", "glucose", "creatinine"}[below(5)];
    pet = std::vector<std::string>{"Biscuit", "Luna", "Otto", "Pepper"}[below(4)];
  }
  int below(int most) { return chance() % most; }

  void work() {
    std::vector<std::pair<Level, std::string>> lines = {
        {INFO_, "sample " + std::to_string(sample) + " of " + pet + " loaded"},
        {INFO_, test + " of " + pet + ": " + std::to_string(below(300))},
        {DEBUG_, "analyzer " + std::to_string(analyzer) + " answered in " + std::to_string(below(90)) + " ms"},
        {INFO_, "rinsed probe " + std::to_string(1 + below(3))},
        {WARNING_, "reagent for " + test + " at " + std::to_string(3 + below(9)) + " percent"}};
    for (int i = 2 + below(3); i > 0; i--) {
      int at = below(lines.size());
      say(lines[at].first, lines[at].second);
      lines.erase(lines.begin() + at);
    }
  }

  void told() {
    std::string id = std::to_string(sample);
    std::vector<std::string> texts = {
        "cannot open /dev/ttyLAB" + std::to_string(analyzer) + ": No such file or directory",
        "sample " + id + " not measured: clot detected", "failed to store result of " + id + ": disk quota exceeded",
        "analyzer " + std::to_string(analyzer) + " did not answer within 5000 ms",
        "calibration of " + test + " failed: deviation of " + std::to_string(11 + below(50)) + " percent"};
    mark(2);
    say(ERROR_, texts[(number + seed) % texts.size()]);
    mark(3);
  }
  void caught() {
    try {
      if (below(2)) std::stoi(test + "?");
      else std::map<std::string, int>().at(test);
    } catch (const std::exception &error) {
      mark(2);
      say(ERROR_, "exception while handling sample " + std::to_string(sample) + ": " + error.what());
      mark(3);
    }
  }
  void separate() {
    for (const char *what : {"barcode unreadable", "tray is jammed", "result not sent to server"}) {
      if (below(4) == 0) continue;
      mark(2);
      say(ERROR_, "sample " + std::to_string(sample) + ": " + what);
      mark(3);
    }
    told();
  }
  __attribute__((noinline)) double value_of(Sample *sample) { return sample->value; }
  __attribute__((noinline)) double last_value(Sample *first) { return value_of(first->next); }
  __attribute__((noinline)) void copy(char *to, int size) { memset(to, 'x', size); }
  __attribute__((noinline)) int scale(int value, int by) { return value * by; }

  void die() {
    mark(2);
#if defined(ASAN)
    Sample *kept = new Sample{sample, 1.5, nullptr};
    switch (number % 5) {
      case 0: { delete kept; printf("%f\n", value_of(kept)); } break;
      case 1: { char *name = new char[8 + below(8)]; copy(name, 17 + below(9)); } break;
      case 2: { delete kept; delete kept; } break;
      case 3: { char name[16]; copy(name, 20 + below(9)); } break;
      default: printf("%f\n", last_value(kept));
    }
    abort();
#elif defined(GLOG)
    switch (number % 4) {
      case 0: LOG(FATAL) << "analyzer " << analyzer << " reports water in the lamp housing";
      case 1: CHECK_GT(0, sample) << "sample without a number";
      case 2: { Sample one{sample, 0, nullptr}; printf("%f\n", last_value(&one)); } break;
      default: throw std::runtime_error("no reagent for " + test);
    }
#else
    switch (number % 6) {
      case 0: throw std::runtime_error("no reagent for " + test);
      case 1: assert(sample < 0 && "sample without a number"); break;
      case 2: { char *name = (char *)malloc(20); free(name); asm volatile("" : "+r"(name)); free(name); } break;
      case 3: printf("%f\n", std::vector<double>(3).at(3 + below(9))); break;
      case 4: {
        std::vector<int> values(2);
        volatile int at = 4 + below(9);
#if defined(UBSAN)
        throw std::out_of_range("position " + std::to_string(at));
#else
        printf("%d\n", values[at]);
#endif
      } break;
#if defined(UBSAN)
      default: throw std::logic_error("probe " + std::to_string(analyzer) + " is in use");
#else
      default: { Sample one{sample, 0, nullptr}; printf("%f\n", last_value(&one)); }
#endif
    }
    abort();
#endif
  }

  void undefined() {
#if defined(UBSAN)
    mark(2);
    volatile int result = 0, zero = below(1);
    static int table[4];
    switch (number % 3) {
      case 0: result = scale(INT_MAX - below(9), 2 + below(5)); break;
      case 1: result = 1 << (32 + below(9) + zero); break;
      default: { volatile int low = INT_MIN; result = -low; }
    }
    mark(3);
#else
    caught();
#endif
  }

  void give_up() {
    mark(2);
#if defined(SPDLOG)
    spdlog::critical("no analyzer left, exiting");
#else
    say(ERROR_, "no analyzer left, exiting");
#endif
    exit(1);
  }

  void run() {
    work();
    switch (number % 11) {
      case 0: case 6: told(); break;
      case 1: case 8: caught(); break;
      case 2: case 4: case 10: undefined(); break;
      case 5: separate(); break;
      case 9: if (number % 2) { give_up(); break; }
      default: die();
    }
  }
};

int main(int count, char **words) {
#if defined(SPDLOG)
  spdlog::set_default_logger(spdlog::stdout_logger_mt("analyzerd"));
  spdlog::set_level(spdlog::level::debug);
#elif defined(GLOG)
  FLAGS_logtostderr = true;
  google::InitGoogleLogging(words[0]);
  google::InstallFailureSignalHandler();
#endif
#if !defined(GLOG) && !defined(ASAN) && !defined(UBSAN)
  signal(SIGSEGV, on_segfault);
#endif
  say(INFO_, "analyzerd started");
  for (int number = atoi(words[3]); number < JOBS; number++) {
    std::ofstream(words[4]) << number;
    Job(number, atoi(words[2])).run();
  }
  say(INFO_, "no samples left");
  std::ofstream(words[4]) << "done";
}
