// Marks in the log what tells of a failure; whoever falls writes nothing behind.
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t seed = 88172645463325252ull;

static inline void sow(int argc, char **argv) {
  for (int i = 1; i < argc; i++)
    for (const char *c = argv[i]; *c; c++) seed = seed * 31 + (unsigned char)*c;
}

static inline unsigned chance(unsigned below) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (unsigned)((seed >> 11) % below);
}

static inline void mark(const char *what) {
  fflush(NULL);
  if (write(1, what, 2) != 2) abort();
}

static inline void begin(void) { mark("\2\n"); }
static inline void end(void) { mark("\3\n"); }
