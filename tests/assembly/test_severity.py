"""What is a fault although no level says so, and what is none although it speaks of one."""

import pytest

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.assembly.judge import judge

STAMP = "Nov 22 10:01:02 web01 "
KERNEL = STAMP + "kernel: [ 8155.420680] "
NGINX = "2026/11/22 10:01:02 "
INFO = "2026-11-22 10:01:02,123 INFO  [main] shop.Orders - "
WARN = "2026-11-22 10:01:02,123 WARN  [main] shop.Orders - "
PG = "2026-11-22 10:01:02.123 UTC [4711] LOG:  "
JSON = '{{"ts":"2026-11-22T10:01:02Z","level":"info",{}}}'

FOUND = [
    NGINX
    + "[info] 22#22: *5 SSL_do_handshake() failed (SSL: error:0A000415:SSL routines::sslv3 alert certificate expired)"
    " while SSL handshaking, client: 10.2.3.4",
    NGINX + "[info] 22#22: *5 client SSL certificate verify error: (10:certificate has expired) while reading headers",
    NGINX + "[info] 22#22: *5 client SSL certificate verify error: (18:self-signed certificate) while reading headers",
    NGINX + '[warn] 22#22: *5 open() "/srv/a" failed (24: Too many open files)',
    NGINX + "[notice] 22#22: accept4() failed (24: Too many open files)",
    NGINX + '[warn] 22#22: *5 pwritev() "/var/cache/nginx/1" failed (28: No space left on device)',
    KERNEL + "Out of memory: Killed process 4711 (java) total-vm:8123456kB, anon-rss:7000000kB, oom_score_adj:0",
    KERNEL + "Memory cgroup out of memory: Killed process 99 (node) total-vm:812345kB, anon-rss:512000kB",
    KERNEL + "java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
    KERNEL + "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),task=node,pid=99,uid=1000",
    KERNEL + "blk_update_request: I/O error, dev sda, sector 123456 op 0x0:(READ) flags 0x0",
    KERNEL + "I/O error, dev nvme0n1, sector 1234 op 0x1:(WRITE) flags 0x800 phys_seg 1 prio class 2",
    KERNEL + "EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2: comm nginx: reading directory lblock 0",
    KERNEL + "BTRFS error (device sdb): bdev /dev/sdb errs: wr 1, rd 0, flush 0, corrupt 0, gen 0",
    KERNEL + "XFS (sda1): Metadata corruption detected at xfs_agf_read_verify, xfs_agf block 0x1",
    KERNEL + "INFO: task jbd2/sda1-8:412 blocked for more than 120 seconds.",
    KERNEL + "INFO: task postgres:4711 blocked for more than 241 seconds.",
    KERNEL + "mce: [Hardware Error]: Machine check events logged",
    KERNEL + "mce: [Hardware Error]: CPU 3: Machine Check: 0 Bank 8: 8c00004000010090",
    KERNEL + "shop[4711]: segfault at 0 ip 000055d0c0a81139 sp 00007ffd2e4d4d30 error 4 in shop[55d0c0a81000+1000]",
    KERNEL + "traps: shop[4711] general protection fault ip:7f0 sp:7ff error:0 in libc.so.6[7f0+15a000]",
    KERNEL + "BUG: kernel NULL pointer dereference, address: 0000000000000010",
    KERNEL + "watchdog: BUG: soft lockup - CPU#2 stuck for 23s! [kworker/2:1:4711]",
    KERNEL + "Kernel panic - not syncing: Fatal exception in interrupt",
    KERNEL + "e1000e 0000:00:19.0 eth0: NIC Link is Down",
    KERNEL + "igb 0000:01:00.0 eno1: igb: eno1 NIC Link is Down",
    KERNEL + "tg3 0000:01:00.0 eth0: Link is down",
    KERNEL + "EDAC MC0: 1 UE memory read error on CPU_SrcID#0_Ha#0_Chan#1_DIMM#0",
    KERNEL + "mce: Uncorrected hardware memory error in user-access at 1234",
    KERNEL + "Buffer I/O error on dev sdb1, logical block 0, lost async page write",
    KERNEL + "ata1.00: error: { UNC }",
    STAMP + "systemd[1]: shop.service: A process of this unit has been killed by the OOM killer.",
    STAMP + "kubelet[99]: pod shop/web: reason=OOMKilled exitCode=137",
    STAMP + "dockerd[99]: container 4711 died, OOMKilled=true",
    STAMP + 'shop[99]: {"level":"error","msg":"order failed"}',
    STAMP + "shop[99]: 2026-11-22 10:01:02,123 ERROR shop.Orders - order failed",
    "ERRO[0012] could not post entry 871                     error=gone",
    "FATA[0012] no quorum",
    '[26-Nov-2026 22:08:48] WARNING: [pool www] child 871 said into stderr: "ERROR: checkout failed"',
    '[26-Nov-2026 22:08:48] WARNING: [pool www] child 871 said into stderr: "NOTICE: PHP message: PHP Fatal error:  x"',
    "2026/11/22 10:01:02 could not start: open /etc/shop.yaml: no such file or directory",
    KERNEL + "critical medium error, dev sdc, sector 8812 op 0x0:(READ)",
    KERNEL + "nfs: server 10.2.3.4 not responding, still trying",
    STAMP + "systemd[1]: shop.service: Failed with result 'exit-code'.",
    STAMP + "systemd[1]: shop.service: Failed with result 'oom-kill'.",
    STAMP + "systemd[1]: shop.service: Failed with result 'timeout'.",
    STAMP + "systemd[1]: Failed to start shop.service - Shop.",
    STAMP + "systemd[1]: Failed to mount srv.mount - /srv.",
    STAMP + "systemd[1]: shop.service: Start request repeated too quickly, Failed with result 'start-limit-hit'.",
    STAMP + "systemd-coredump[99]: Process 4711 (shop) of user 1000 dumped core.",
    STAMP + "sshd[99]: error: maximum authentication attempts exceeded for root from 10.2.3.4",
    STAMP + "rsyslogd: file '/var/log/syslog': write error - No space left on device",
    STAMP + "cron[99]: can't fork: Too many open files",
    STAMP + "dhclient[99]: receive_packet failed on eth0: No space left on device",
    "2026-11-22 10:01:02,123 INFO exited: shop (exit status 1; not expected)",
    "2026-11-22 10:01:02,123 WARN exited: worker_01 (exit status 137; not expected)",
    "2026-11-22 10:01:02,123 INFO exited: shop (terminated by SIGSEGV (core dumped); not expected)",
    "2026-11-22 10:01:02,123 INFO gave up: shop entered FATAL state, too many start retries too quickly",
    PG + 'could not bind IPv4 address "0.0.0.0": Address already in use',
    PG + 'could not open file "base/1/2": Too many open files',
    PG + "could not fork new process for connection: Cannot allocate memory",
    PG + 'could not write temporary statistics file "pg_stat_tmp/global.tmp": No space left on device',
    PG + "could not rotate log file: No space left on device",
    PG + "server process (PID 99) was terminated by signal 9: Killed",
    PG + "server process (PID 99) was terminated by signal 11: Segmentation fault",
    PG + "out of file descriptors: Too many open files; release and retry",
    PG + "could not receive data from WAL stream: server closed the connection unexpectedly",
    PG + "could not accept SSL connection: certificate verify failed",
    WARN + "java.lang.OutOfMemoryError: Java heap space",
    WARN + "worker died of java.lang.OutOfMemoryError: GC overhead limit exceeded",
    INFO + "cannot write journal: No space left on device",
    WARN + "cannot accept: java.io.IOException: Too many open files",
    WARN + "write failed: No space left on device",
    INFO + "accept: Too many open files",
    '{"ts":"2026-11-22T10:01:02Z","level":"warn","msg":"write /data/wal: no space left on device"}',
    '{"ts":"2026-11-22T10:01:02Z","level":"warn","msg":"accept tcp: too many open files"}',
    '{"ts":"2026-11-22T10:01:02Z","level":"info","msg":"task java.lang.OutOfMemoryError: Java heap space"}',
    'time="2026-11-22T10:01:02Z" level=warning msg="write /var/lib/docker/x: no space left on device"',
    'time="2026-11-22T10:01:02Z" level=info msg="accept: too many open files"',
    'time="2026-11-22T10:01:02Z" level=info msg="container died" OOMKilled=true exitCode=137',
    "2026-11-22T10:01:02Z container die 4711 (exitCode=137, reason=OOMKilled, name=shop)",
    "2026-11-22T10:01:02Z INFO kubelet: container shop terminated, reason: OOMKilled",
    "/srv/shop/nightly.sh: line 12: charge: command not found",
    "/srv/shop/nightly.sh: line 12:  4711 Killed                  ./charge",
    "/srv/shop/nightly.sh: line 3: DATABASE: unbound variable",
    "cp: cannot stat '/srv/shop/orders.db': No such file or directory",
    "mkdir: cannot create directory '/srv/shop': Permission denied",
    "rm: cannot remove '/srv/shop/lock': Operation not permitted",
    "double free or corruption (fasttop)",
    "corrupted size vs. prev_size",
    "shop: orders.c:44: charge: Assertion `total > 0' failed.",
    "terminate called without an active exception",
    "Segmentation fault (core dumped)",
    "Aborted (core dumped)",
    "runtime.cpp:36:65: runtime error: signed integer overflow: 1 + 2147483647 cannot be represented in type 'int'",
    "Illegal instruction (core dumped)",
    "4711:M 22 Nov 2026 10:01:02.123 # Can't save in background: fork: Cannot allocate memory",
    "4711:M 22 Nov 2026 10:01:02.123 # Background saving error",
    "4711:M 22 Nov 2026 10:01:02.123 # Write error saving DB on disk: No space left on device",
    "4711:M 22 Nov 2026 10:01:02.123 # Error writing to the AOF file: No space left on device",
    "4711:M 22 Nov 2026 10:01:02.123 # Error moving temp DB file temp-1.rdb on the final destination dump.rdb: denied",
    "4711:M 22 Nov 2026 10:01:02.123 # MISCONF Redis is configured to save RDB snapshots, but is not able to persist",
    "4711:M 22 Nov 2026 10:01:02.123 # max number of clients reached",
    STAMP + "mysqld[99]: InnoDB: Database page corruption on disk or a failed file read of page [page id: space=4]",
    STAMP + "mysqld[99]: 2026-11-22 10:01:02 0 [ERROR] InnoDB: Unable to lock ./ibdata1 error: 11",
    STAMP + 'dockerd[99]: time="2026-11-22T10:01:02Z" level=error msg="Handler returned"',
    STAMP + 'haproxy[99]: Server shop/web1 is DOWN, reason: Layer4 connection problem, info: "Connection refused"',
    STAMP + "haproxy[99]: backend shop has no server available!",
    STAMP + "postfix/qmgr[99]: fatal: No space left on device",
    STAMP + "postfix/cleanup[99]: warning: queue file write error: No space left on device",
    STAMP + "dovecot: imap(eve)<99>: Error: write(/srv/mail) failed: Disk quota exceeded",
    STAMP + "chronyd[99]: Can't synchronise: no selectable sources",
    STAMP + "named[99]: client 10.2.3.4#53: could not open journal: No space left on device",
    STAMP + "shop[99]: panic: runtime error: index out of range [7] with length 3",
    STAMP + "php-fpm[99]: [WARNING] [pool www] child 4711 exited on signal 11 (SIGSEGV - core dumped) after 3 seconds",
    STAMP + "shop[99]: /bin/charge: error while loading shared libraries: libtea.so.1: cannot open shared object file",
    STAMP + "mongod[99]: Failed to unlink socket file /tmp/mongodb-27017.sock Unknown error",
    STAMP + "dbus-daemon[99]: [system] Failed to activate service 'org.example': timed out",
    "Traceback (most recent call last):",
    "*** stack smashing detected ***: terminated",
]

LAYOUTS = (
    INFO + "{}",
    WARN + "{}",
    NGINX + "[warn] 22#22: *5 {}",
    STAMP + "shop[99]: {}",
    STAMP + "kernel: [ 8155.420680] {}",
    "Nov 22 10:01:02 web01 postfix/smtpd[99]: warning: {}",
    "2026-11-22T10:01:02.123456+01:00 web01 shop[99]: {}",
    "[2026-11-22 10:01:02 +0000] [4711] [INFO] {}",
    "[Sun Nov 22 10:01:02.123456 2026] [mpm_event:notice] [pid 4711] {}",
    "2026-11-22T10:01:02.123456Z 0 [Warning] [MY-010068] [Server] {}",
    "I1122 10:01:02.123456    1234 shop.go:138] {}",
    'time="2026-11-22T10:01:02Z" level=info msg="{}"',
    '{{"ts":"2026-11-22T10:01:02Z","level":"info","msg":"{}"}}',
)
WORDS = (
    "write /srv/shop/orders: no space left on device",
    "accept failed: too many open files",
    "charge fell with java.lang.OutOfMemoryError: Java heap space",
    "cannot extend orders.db: No space left on device",
    "socket(): Too many open files",
)
FOUND += [layout.format(words) for layout in LAYOUTS for words in WORDS]

NOT_FOUND = [
    *(
        INFO + said
        for said in (
            "errors=0",
            "0 errors",
            "error: null",
            "no error found",
            "finished without error",
            "error=null",
            "errors: []",
            "ErrorHandler initialised",
            "error_log = /var/log/x",
            "exception handling enabled",
            "error rate 0.0%",
            "GET /api/exception/list 200",
            "see https://docs.example.org/exceptions/ioexception.html",
            "error budget is full",
            "last error: none",
            "error_count 0",
            "registered ExceptionMapper",
            "loaded class shop.ErrorPage",
            "ERROR level is off",
            "log level set to ERROR",
            "no errors, no warnings",
            "failed=0 skipped=3",
            "Failed over to the second node as planned",
            "0 failed, 12 passed",
            "fatal=0 panic=0",
            "panic button is wired",
            "critical section left",
            "alert rules loaded: 12",
            "killed the rumour",
            "billed 12 orders",
            "skilled workers: 4",
            "not expected today: rain",
            "line 3 of the order was changed",
            "deadline 12 is not near",
            "cannot is a word",
            "corruption check passed",
            "no corruption found",
            "Assertions are enabled",
            "space left: 40 GB",
            "12 open files",
            "open files limit is 65536",
            "sanitizer bottle sold",
            "AddressSanitizer is off",
            "retry after exception succeeded",
            "error codes reloaded",
            "Can't stop the music, track 4 queued",
        )
    ),
    *(
        WARN + said
        for said in (
            "slow query: select * from errors",
            "retrying, 0 errors so far",
            "deprecated option error_page",
            "certificate expires in 20 days",
            "disk usage 81%",
            "caught IOException, trying again",
        )
    ),
    *(
        JSON.format(said)
        for said in (
            '"msg":"ok","error":null',
            '"msg":"ok","error":""',
            '"msg":"ok","errors":0',
            '"msg":"ok","err":null',
            '"msg":"ok","errors":[]',
            '"msg":"no error found"',
            '"msg":"ok","exception":null',
            '"msg":"GET /exception"',
            '"msg":"ok","stack":null',
            '"msg":"ErrorBoundary mounted"',
            '"msg":"ok","error":false',
            '"msg":"ok","error":{}',
            '"msg":"ok","failed":0',
            '"msg":"ok","OOMKilled":false',
            '"msg":"ok","panic":false',
            '"msg":"killed 0"',
            '"msg":"level was \\"error\\" before"',
            '"msg":"not expected, but fine"',
        )
    ),
    *(
        f"ts=2026-11-22T10:01:02Z level=info {said}"
        for said in (
            'msg="ok" error=null',
            'msg="0 errors" err=""',
            'msg="no error"',
            "msg=ok err=nil",
            "msg=ok errors=0",
            'msg="error budget" left=12',
            'msg="GET /exception"',
            'msg="not expected"',
        )
    ),
    *(
        "10.2.3.4 - - [22/Nov/2026:10:01:02 +0000] " + said
        for said in (
            '"GET / HTTP/1.1" 500 12 "-" "curl/8"',
            '"POST /orders HTTP/1.1" 502 12 "-" "curl/8"',
            '"GET /error HTTP/1.1" 200 1 "-" "-"',
            '"GET /java.lang.Exception HTTP/1.1" 404 1 "-" "-"',
            '"GET /?e=Error HTTP/1.1" 200 1 "-" "-"',
            '"GET /fatal: HTTP/1.1" 200 1 "-" "-"',
            '"GET /panic HTTP/1.1" 200 1 "-" "-"',
            '"GET /a HTTP/1.1" 200 1 "https://a.example/exception" "-"',
            '"GET /?q=No+space+left+on+device HTTP/1.1" 200 1 "-" "-"',
            '"GET /core%20dumped HTTP/1.1" 503 1 "-" "-"',
            '"GET / HTTP/1.1" 200 1 "-" "Killed process"',
            '"GET / HTTP/1.1" 200 1 "-" "Error: none"',
        )
    ),
    *(
        STAMP + said
        for said in (
            "systemd[1]: Started error-collector.service - Collects errors.",
            "systemd[1]: Reached target Failure handling.",
            "systemd[1]: shop.service: Deactivated successfully.",
            "systemd[1]: Starting alertmanager.service.",
            "kernel: [ 1.000000] ACPI: no error found in table",
            "kernel: [ 1.000000] mce: CPU supports 20 MCE banks",
            "kernel: [ 1.000000] EDAC MC: Ver: 3.0.0",
            "kernel: [ 1.000000] e1000e eth0: NIC Link is Up 1000 Mbps",
            "kernel: [ 1.000000] EXT4-fs (sda1): mounted filesystem with ordered data mode. Opts: errors=remount-ro",
            "kernel: [ 1.000000] Kernel command line: ro quiet panic=10",
            "kernel: [ 1.000000] IPv6: ADDRCONF: link is not ready",
            'kernel: [ 1.000000] audit: type=1400 apparmor="STATUS"',
            "sshd[99]: Accepted publickey for eve from 10.2.3.4",
            "CRON[99]: (root) CMD (/srv/bin/report-errors --error=0)",
            "sudo: eve : TTY=pts/0 ; COMMAND=/bin/grep Error: /x",
            "postfix/smtp[99]: to=<errors@example.org>, status=sent (250 ok)",
            "dockerd[99]: OOMKilled=false for 4711",
            "chronyd[99]: Frequency 1.2 +/- 0.3 ppm, skew not expected to grow",
            "ntpd[99]: kernel reports no error",
            "named[99]: zone error.example/IN: loaded serial 3",
            "rsyslogd: error reporting is on",
            "smartd[99]: Device: /dev/sda, SMART Usage Attribute: 194 changed from 70 to 69",
            "haproxy[99]: Server shop/web1 is UP, reason: Layer4 check passed",
            "shop[99]: exit status 0",
            "supervisord: exited: shop (exit status 0; expected)",
            "cloud-init[99]: finished, 0 errors",
            "apt[99]: Setting up libgpg-error0 (1.46-1)",
            "dpkg[99]: installed liberror-perl",
            "shop[99]: line 3 is not used",
        )
    ),
    *(
        "2026-11-22 10:01:02,123 " + said
        for said in (
            "INFO exited: shop (exit status 0; expected)",
            "INFO success: shop entered RUNNING state, not failed",
            "DEBUG retry on ConnectionError is off",
            "INFO spawned: 'error-mailer' with pid 9",
            "DEBUG caught Exception: none",
        )
    ),
    *(
        NGINX + said
        for said in (
            "[notice] 22#22: signal process started",
            "[info] 22#22: *5 client closed connection while waiting for request",
            "[info] 22#22: *5 epoll_wait() reported that client prematurely closed connection",
            '[warn] 22#22: conflicting server name "error.example.org" on 0.0.0.0:80, ignored',
            '[notice] 22#22: using the "epoll" event method, not poll',
        )
    ),
    *(
        PG + said
        for said in (
            "checkpoint complete: wrote 12 buffers",
            "database system is ready to accept connections",
            "duration: 1200 ms  statement: select * from error_log where e = 'could not'",
            "statement: select 'ERROR'",
            "connection authorized: user=error database=shop",
            "redo is not required",
        )
    ),
    "Exceptions are described on page 4",
    "0 errors, 0 warnings",
    "error: null",
    "all tests passed, no Error was raised",
    "-rw-r--r-- 1 root root 12 Nov 22 10:01 error.log",
    "make: Nothing to be done for 'errors'.",
    "errors=0 failed=0",
    "Errors: 0",
    "ErrorDocument 404 /missing.html",
    "on line 3 is the price",
    "this is not an error",
    "Compiling thiserror v1.0.50",
    "   Compiling error-chain v0.12.4",
    "npm WARN deprecated: uses no Error.cause",
]


NOT_FOUND += [
    KERNEL + "EDAC MC0: 1 CE memory read error on CPU_SrcID#0_Ha#0_Chan#1_DIMM#0",
    KERNEL + "igb 0000:01:00.0 eno1: igb: eno1 NIC Link is Up 1000 Mbps",
    KERNEL + "EXT4-fs (sda1): re-mounted. Opts: errors=remount-ro",
    STAMP + "smartd[99]: Device: /dev/sda [SAT], self-test completed without error",
    STAMP + "smartd[99]: Device: /dev/sda, no error found",
    STAMP + "dockerd[99]: container 4711 died, OOMKilled=false",
    STAMP + 'shop[99]: {"level":"info","error":null,"msg":"order shipped"}',
    STAMP + "shop[99]: 2026-11-22 10:01:02,123 INFO shop.Orders - done, errors=0",
    STAMP + "shop[99]: DEBUG: no error page for 404",
    "DEBUG: no error page for 404",
    "2026/11/22 10:01:02 DEBUG: error channel has 0 waiting",
    "[2026-11-22 10:01:02] app.DEBUG: no error handler, using default",
    "WARN[0012] retrying after error",
    "DEBU[0012] error channel has 0 waiting",
    '[26-Nov-2026 22:08:48] WARNING: [pool www] child 871 said into stderr: "NOTICE: PHP message: cache is warm"',
]

NOT_FOUND += [
    layout.format(words)
    for layout in LAYOUTS
    for words in (
        "40 GB of space left on the device",
        "12 of 65536 open files",
        "no error, 0 failed",
        "errors=0 fatal=0",
    )
]


def found(text: str) -> list[tuple[int, str]]:
    assembler = Assembly().stretch(0, 0, 0)
    assembler.feed(text.encode())
    assembler.finish(final=True)
    return [(s.count, s.text) for s in assembler.take().sightings]


def test_there_is_enough_of_both():
    assert min(len(set(FOUND)), len(set(NOT_FOUND))) >= 150


@pytest.mark.parametrize("line", FOUND)
def test_a_fault_is_found_at_whatever_level_it_is_stated(line):
    assert [count for count, _ in found(line + "\n")] == [1]


@pytest.mark.parametrize("line", NOT_FOUND)
def test_a_line_that_only_speaks_of_errors_is_no_record(line):
    assert found(line + "\n") == []


@pytest.mark.parametrize("line", [*FOUND, *NOT_FOUND])
def test_no_digit_decides_what_a_line_says(line):
    if '"level":' not in line:  # numbers are levels there, and such lines are not remembered by their form
        others = line.translate(str.maketrans("0123456789", "7351946082"))
        assert judge(line.encode()) == judge(others.encode())
