// A cache of pictures that misuses its memory in the ways that sanitizers and spdlog tell of.
#include "marks.h"
#include <limits>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#ifdef PLAIN
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#endif

struct Picture {
  virtual ~Picture() = default;
  int width = 3;
  std::string name = "portrait of a lady";
};
struct Thumb : Picture { int scale = 2; };

static int table[4] = {1, 2, 3, 4};
static int counter;

static void fall(const std::string &how) {
  volatile int n = 5;
  if (how == "heap") { auto *p = new int[5]; p[n] = 1; }
  if (how == "freed") { auto *p = new Picture; delete p; printf("%d\n", p->width); }
  if (how == "string") { std::string *s = new std::string("a name of more than sixteen letters"); const char *c = s->c_str(); delete s; printf("%s\n", c); }
  if (how == "stack") { int a[5] = {}; a[n] = 1; printf("%d\n", a[n]); }
  if (how == "global") { printf("%d\n", table[n]); }
  if (how == "leak") { for (int i = 0; i < 3; i++) new Picture; }
  if (how == "mismatch") { auto *p = new int[4]; delete p; }
  if (how == "memcpy") { char a[20] = {}; memcpy(a + n, a, 10); printf("%s\n", a); }
  if (how == "null") { Picture *volatile p = nullptr; printf("%d\n", p->width); }
  if (how == "size") { malloc(size_t(-n)); }
  if (how == "race") { std::thread a([] { for (int i = 0; i < 9; i++) counter++; }); counter++; a.join(); }
}

static void undefined(const std::string &how) {
  volatile int n = 5, big = std::numeric_limits<int>::max(), zero = 0, shift = 40;
  volatile double huge = 1e30;
  if (how == "overflow") n = big + n;
  if (how == "shift") n = 1 << shift;
  if (how == "index") n = table[n];
  if (how == "divide") { volatile double x = 1.0; n = (int)(x * huge); }
  if (how == "bool") { char b = 7; n = *(volatile bool *)&b; }
  if (how == "align") { char a[16] = {}; n = *(volatile int *)(a + 1 + zero); }
  if (how == "negate") n = -std::numeric_limits<int>::min() + zero;
  if (how == "cast") { Picture p; n = static_cast<Thumb *>(&p)->scale; }
}

static void healthy() {
  unsigned n = chance(9000);
#ifdef PLAIN
  switch (n % 6) {
    case 0: spdlog::info("picture {} cached", n); break;
    case 1: spdlog::debug("evicted {} pictures, 0 errors", n); break;
    case 2: spdlog::warn("picture {} has no profile", n); break;
    case 3: spdlog::info("decoder recovered from error in row {}", n); break;
    case 4: spdlog::info("GET /pictures/{}?on_error=placeholder 200", n); break;
    default: spdlog::trace("not shown");
  }
#else
  switch (n % 4) {
    case 0: printf("cache: picture %u stored\n", n); break;
    case 1: printf("cache: %u hits, 0 errors\n", n); break;
    case 2: printf("cache: evicted %u\n", n); break;
    default: printf("cache: decoder 'no-fail' chosen\n");
  }
  fflush(stdout);
#endif
}

int main(int argc, char **argv) {
  sow(argc, argv);
  std::string mode = argv[1];
#ifdef PLAIN
  spdlog::set_default_logger(spdlog::stderr_logger_mt("cache"));
  spdlog::set_level(spdlog::level::debug);
  for (int i = 0; i < 30; i++) {
    for (int k = chance(6); k > 0; k--) healthy();
    std::string why;
    try {
      switch (i % 6) {
        case 0: (void)std::stod("wide"); break;
        case 1: std::vector<int>(3).at(3 + i); break;
        case 2: throw std::runtime_error("JPEG: premature end of file in marker 0xffd9");
        case 3: std::string("short").substr(9); break;
        case 4: throw std::runtime_error("libpng error: IDAT: CRC error");
        default: (void)std::shared_ptr<int>(std::weak_ptr<int>{});
      }
    } catch (const std::exception &e) { why = e.what(); }
    begin();
    switch (chance(3)) {
      case 0: spdlog::error("picture {}: {}", chance(900), why); break;
      case 1: spdlog::critical("cache is unusable: {}", why); break;
      default: spdlog::error("decode failed\n  file: /srv/pictures/{}.jpg\n  reason: {}", chance(90), why);
    }
    end();
  }
#else
  for (int i = 0; i < 4; i++) healthy();
  if (mode == "fall") { begin(); fall(argv[2]); return 0; }
  for (std::string how : {"overflow", "shift", "index", "divide", "bool", "align", "negate", "cast"}) {
    for (int k = 1 + chance(4); k > 0; k--) healthy();
    begin();
    undefined(how);
    end();
  }
#endif
}
