/* Watches disks: C as it was, with err(3), perror and printf, and all that glibc says before it aborts. */
#include "marks.h"
#include <assert.h>
#include <err.h>
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static const char *NAMES[] = {"open", "mkdir", "mount", "socket", "ioctl", "chown", "exec", "link", "limit", "pipe", "dir", "seek"};

static const char *fail(const char *name) {
  errno = 0;
  if (!strcmp(name, "open")) { open("/dev/sdz", O_RDONLY); return "/dev/sdz"; }
  if (!strcmp(name, "mkdir")) { mkdir("/proc/diskd", 0700); return "mkdir /proc/diskd"; }
  if (!strcmp(name, "mount")) { mount("/dev/sdz1", "/srv/none", "ext4", 0, NULL); return "mount /dev/sdz1"; }
  if (!strcmp(name, "socket")) {
    struct sockaddr_un a = {AF_UNIX, "/run/diskd.sock"};
    if (connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&a, sizeof a)) return "connect /run/diskd.sock";
  }
  if (!strcmp(name, "ioctl")) { ioctl(open("/dev/null", O_RDONLY), 0x1261, 0); return "ioctl BLKRRPART"; }
  if (!strcmp(name, "chown")) { chmod("/srv/none/disk", 0600); return "chmod /srv/none/disk"; }
  if (!strcmp(name, "exec")) { execl("/sbin/smartctl-9", "smartctl", NULL); return "smartctl"; }
  if (!strcmp(name, "link")) { symlink("/x", "/etc/hostname"); return "symlink /etc/hostname"; }
  if (!strcmp(name, "limit")) { write(open("/dev/full", O_WRONLY), "x", 1); return "/var/lib/diskd/state"; }
  if (!strcmp(name, "pipe")) { int p[2]; signal(SIGPIPE, SIG_IGN); pipe(p); close(p[0]); write(p[1], "x", 1); return "write to smartd"; }
  if (!strcmp(name, "dir")) { rmdir("/proc"); return "rmdir"; }
  int p[2];
  pipe(p);
  lseek(p[0], 9, SEEK_SET);
  return "lseek";
}

static void healthy(void) {
  unsigned n = chance(9000);
  switch (n % 8) {
    case 0: printf("diskd: sda: %u C\n", 20 + n % 20); break;
    case 1: printf("diskd: smart test of sdb passed, 0 errors logged\n"); break;
    case 2: printf("diskd: %u sectors checked\n", n); break;
    case 3: printf("diskd: warning: sdc spins up slowly\n"); break;
    case 4: printf("diskd: state saved\n"); break;
    case 5: printf("diskd: sdb: Raw_Read_Error_Rate is 0\n"); break;
    case 6: printf("diskd: retried read of sector %u, ok\n", n); break;
    default: printf("diskd: next check in %u s, last one without failure\n", n);
  }
  fflush(stdout);
}

static void *work(void *x) { abort(); return x; }

static void fall(const char *how) {
  if (!strcmp(how, "assert")) assert(malloc_usable_size(NULL) > 8 && "ring has room");
  if (!strcmp(how, "free")) { char *a = malloc(40); free(a); free(a); }
  if (!strcmp(how, "invalid")) { char *a = malloc(40); free(a + 8); }
  if (!strcmp(how, "top")) { char *a = malloc(24); memset(a, 0xff, 64); free(malloc(4000)); malloc(90000); }
  if (!strcmp(how, "size")) { char *a = malloc(24), *b = malloc(1400); malloc(10); memset(a, 0x41, 40); free(b); }
  if (!strcmp(how, "smash")) { char a[8]; memset(a, 0x41, 8 + chance(1) + 40); }
  if (!strcmp(how, "fortify")) { char a[8]; char *b = getenv("LONG"); strcpy(a, b ? b : "a text of many letters"); puts(a); }
  if (!strcmp(how, "err")) { fail("mount"); err(2, "cannot mount %s", "/dev/sdz1"); }
  if (!strcmp(how, "errx")) errx(3, "configuration: no disks in /etc/diskd.conf");
  if (!strcmp(how, "error")) { fail("open"); error(4, errno, "sdz"); }
  if (!strcmp(how, "thread")) { pthread_t t; pthread_create(&t, NULL, work, NULL); pthread_join(t, NULL); }
  if (!strcmp(how, "segv")) { volatile int *p = NULL; *p = 1; }
}

int main(int argc, char **argv) {
  sow(argc, argv);
  if (!strcmp(argv[1], "fall")) {
    for (int i = 0; i < 4; i++) healthy();
    begin();
    fall(argv[2]);
    return 1;
  }
  for (int round = 0; round < 3; round++)
    for (unsigned i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
      for (int k = 1 + chance(5); k > 0; k--) healthy();
      const char *what = fail(NAMES[i]);
      int number = errno;
      begin();
      errno = number;
      switch (chance(5)) {
        case 0: perror(what); break;
        case 1: warn("%s", what); break;
        case 2: fprintf(stderr, "diskd: error: %s: %s\n", what, strerror(errno)); break;
        case 3: fprintf(stderr, "ERROR %s failed: %m\n", what); break;
        default: error(0, errno, "%s", what);
      }
      end();
    }
  return 0;
}
