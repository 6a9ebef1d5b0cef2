"""Fatal lines of server programs as each of them words it, and their neighbours that report nothing."""

import pytest

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.assembly.redact import redact

STAMP = "Nov 22 10:01:02 web01 "
REDIS = "4711:M 22 Nov 2026 10:01:02.123 "

FOUND = [
    REDIS + "# Failed listening on port 6379 (TCP), aborting.",
    REDIS + "# Warning: Could not create server TCP listening socket 127.0.0.1:6379: bind: Address already in use",
    REDIS + "# Can't handle RDB format version 99",
    REDIS + "# Fatal error loading the DB: Invalid argument. Exiting.",
    REDIS + "# Wrong RDB checksum expected: (eb7e) but got (6162). Aborting now.",
    REDIS + "# Short read or OOM loading DB. Unrecoverable error, aborting now.",
    REDIS + "# Bad file format reading the append only file appendonly.aof.1.incr.aof",
    REDIS + "# Failed opening the RDB file dump.rdb (in server root dir /srv) for saving: Permission denied",
    REDIS + "# Can't save in background: fork: Cannot allocate memory",
    REDIS + "# Fatal error, can't open config file '/etc/redis.conf': No such file or directory",
    "*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***",
    REDIS + "# Bad directive or wrong number of arguments",
    "2026/11/22 10:01:02 [emerg] 2211#2211: bind() to 0.0.0.0:80 failed (98: Address already in use)",
    "2026/11/22 10:01:02 [emerg] 2211#2211: still could not bind()",
    STAMP + "haproxy[4711]: [ALERT]    (4711) : Starting frontend web: cannot bind socket (Address already in use)",
    "[ALERT]    (4711) : config : parsing [/etc/haproxy/haproxy.cfg:12] : unknown keyword 'bnid'.",
    STAMP + "haproxy[4711]: backend shop has no server available!",
    "2026-11-22T10:01:02.123456Z 0 [ERROR] [MY-010119] [Server] Aborting",
    "2026-11-22 10:01:02 0 [ERROR] Can't start server: Bind on TCP/IP port: Address already in use",
    '{"t":{"$date":"2026-11-22T10:01:02.123+00:00"},"s":"E",  "c":"CONTROL","id":20568,"msg":"Error at listening"}',
    '{"t":{"$date":"2026-11-22T10:01:02.123+00:00"},"s":"F",  "c":"-","id":23091,"msg":"Giving up"}',
    "2026-11-22 10:01:02.123456+00:00 [error] <0.219.0> Supervisor: boot failed",
    'time="2026-11-22T10:01:02Z" level=error msg="Handler for POST /start returned"',
    'time="2026-11-22T10:01:02Z" level=fatal msg="failed to start daemon: pid file found"',
    'time="2026-11-22T10:01:02Z" level=panic msg="no quorum"',
    "ts=2026-11-22T10:01:02Z severity=error msg=gone",
    "E1122 10:01:02.123456    1234 reflector.go:138] Failed to watch *v1.Pod: the server has asked for credentials",
    STAMP + 'kubelet[4711]: E1122 10:01:02.123456    4711 pod_workers.go:951] "Error syncing pod, skipping"',
    STAMP + "sshd[99]: error: Bind to port 22 on 0.0.0.0 failed: Address already in use.",
    STAMP + "sshd[99]: fatal: Cannot bind any address.",
    STAMP + "postfix/master[99]: fatal: bind 0.0.0.0 port 25: Address already in use",
    STAMP + "postfix/smtp[99]: warning: connect to 127.0.0.1:10024: Connection refused",
    STAMP + "postfix/smtp[99]: connect to mx.example.org[203.0.113.7]:25: Connection refused",
    "22-Nov-2026 10:01:02.123 general: error: zone example.org/IN: loading from master file failed: file not found",
    STAMP + "named[99]: error (connection refused) resolving 'example.org/A/IN': 203.0.113.7#53",
    STAMP + "chronyd[99]: Fatal error : Could not open configuration file /etc/chrony.conf",
    STAMP + "chronyd[99]: Can't synchronise: no selectable sources",
    STAMP + "sudo:    eve : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/home/eve ; USER=root ; COMMAND=/bin/sh",
    STAMP + "cron[99]: (*system*) ERROR (Syntax error, this crontab file will be ignored)",
    STAMP + "CRON[99]: (CRON) error (grandchild #4711 failed with exit status 1)",
    "1795358641: Error: Address already in use",
    '{"level":"fatal","ts":"2026-11-22T10:01:02Z","caller":"etcdmain/etcd.go:204","msg":"discovery failed"}',
    '{"level":"error","ts":1795358641.1,"logger":"http.log.error","msg":"dial tcp 127.0.0.1:3000: connect: refused"}',
    'time="2026-11-22T10:01:02Z" level=error msg="Unable to obtain ACME certificate"',
    "22-Nov-2026 10:01:02.123 SEVERE [main] org.apache.catalina.core.StandardService.startInternal Failed to start",
    "[Sun Nov 22 10:01:02.123456 2026] [core:error] [pid 4711] [client 10.2.3.4:51234] AH00037: link not allowed",
    "[Sun Nov 22 10:01:02.123456 2026] [core:crit] [pid 4711] AH00136: server MUST relinquish startup privileges",
    "[Sun Nov 22 10:01:02.123456 2026] [mpm_event:alert] [pid 4711] AH00480: create worker thread",
    "(98)Address already in use: AH00072: make_sock: could not bind to address [::]:80",
    "!!! uWSGI process 4711 got Segmentation Fault !!!",
    "DAMN ! worker 1 (pid: 4711) died, killed by signal 9 :( trying respawn ...",
    "bind(): Address already in use [core/socket.c line 769]",
    "[2026-11-22 10:01:02 +0000] [4711] [CRITICAL] WORKER TIMEOUT (pid:4712)",
    "[2026-11-22 10:01:02 +0000] [4711] [ERROR] Connection in use: ('127.0.0.1', 8000)",
    "[2026-11-22 10:01:02,123: ERROR/MainProcess] consumer: Cannot connect to amqp://shop@127.0.0.1:5672//: refused",
    "[2026-11-22 10:01:02,123: CRITICAL/MainProcess] Unrecoverable: no workers",
    "2026-11-22T10:01:02.123Z pid=4711 tid=abc ERROR: heartbeat: redis is gone",
    '2026-11-22T10:01:02.123Z pid=4711 tid=abc jid=ab WARN: {"context":"Job raised exception","job":{"args":[4711]}}',
    "[4711] ! Unable to load application: LoadError: cannot load such file -- shop",
    "fail: Microsoft.AspNetCore.Server.Kestrel[13]",
    "crit: Microsoft.AspNetCore.Server.Kestrel[0]",
    'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space',
    "Died at /srv/shop/charge line 3.",
    'Error: Os { code: 2, kind: NotFound, message: "No such file or directory" }',
    "make: *** [Makefile:3: all] Error 1",
    "make[1]: *** No rule to make target 'shop.o', needed by 'shop'.  Stop.",
    STAMP + "systemd-coredump[99]: Process 4711 (shop) of user 0 dumped core.",
    STAMP + "systemd[1]: Failed to mount srv-data.mount - /srv/data.",
    STAMP + "dnsmasq[99]: failed to create listening socket for port 53: Address already in use",
]

NOT_FOUND = [
    REDIS + "# WARNING Memory overcommit must be enabled! Without it, a background save may fail.",
    REDIS + "# Server initialized",
    REDIS + "# Configuration loaded",
    REDIS + "* Connecting to MASTER 127.0.0.1:16380",
    REDIS + "# User requested shutdown...",
    STAMP + "haproxy[4711]: [NOTICE]   (4711) : New worker (4712) forked",
    "[WARNING]  (4711) : config : missing timeouts for frontend 'web'.",
    "2026-11-22T10:01:02.123456Z 0 [Warning] [MY-010068] [Server] CA certificate is self signed.",
    "2026-11-22T10:01:02.123456Z 0 [System] [MY-010931] [Server] ready for connections, failed to find nothing.",
    '{"t":{"$date":"2026-11-22T10:01:02.123+00:00"},"s":"I",  "c":"NETWORK","id":23015,"msg":"Errors: none"}',
    "2026-11-22 10:01:02.123456+00:00 [info] <0.219.0> Server startup complete; errors: 0",
    'time="2026-11-22T10:01:02Z" level=warning msg="Failed to read, trying again: Connection refused"',
    "I1122 10:01:02.123456    1234 reflector.go:138] Failed to watch once, trying again",
    "2026-11-22 10:01:02,123 WARN  shop.Retry - Failed to connect: Connection refused, trying again",
    "2026-11-22 10:01:02,123 INFO  shop.Net - Address already in use, taking the next",
    STAMP + "sshd[99]: Connection closed by authenticating user root 10.2.3.4 port 51234 [preauth]",
    STAMP + "postfix/smtpd[99]: warning: hostname mail.example.org does not resolve to address 203.0.113.7",
    STAMP + "postfix/smtpd[99]: NOQUEUE: reject: RCPT from unknown[203.0.113.7]: 554 5.7.1 Relay access denied",
    "22-Nov-2026 10:01:02.123 general: info: managed-keys-zone: loaded serial 12, no error (0)",
    "22-Nov-2026 10:01:02.123 general: warning: error (unexpected) while checking hints",
    STAMP + "chronyd[99]: Selected source 203.0.113.7 (pool.example.org)",
    STAMP + "sudo: deploy : TTY=pts/0 ; PWD=/srv ; USER=root ; COMMAND=/usr/bin/tail -n 40 error: .log",
    STAMP + "CRON[99]: (root) CMD (test -x /srv/report || echo 'Failed to run')",
    "1795358641: Client probe closed its connection.",
    "22-Nov-2026 10:01:02.123 INFO [main] org.apache.catalina.startup.Catalina.start Server startup in [412] ms",
    "[Sun Nov 22 10:01:02.123456 2026] [mpm_event:notice] [pid 4711] AH00489: Apache/2.4.65 configured",
    "*** Starting uWSGI 2.0.21 (64bit) on [Sun Nov 22 10:01:02 2026] ***",
    "*** WARNING: you are running uWSGI as root !!! (use the --uid flag) ***",
    "[2026-11-22 10:01:02 +0000] [4711] [INFO] Handling signal: term",
    "[2026-11-22 10:01:02,123: INFO/MainProcess] Task shop.charge received, 0 ERROR so far",
    "[2026-11-22 10:01:02,123: WARNING/MainProcess] consumer: Connection refused, trying again",
    "2026-11-22T10:01:02.123Z pid=4711 tid=abc INFO: Booted, no ERROR",
    "info: Microsoft.Hosting.Lifetime[14]",
    "make: Nothing to be done for 'all'.",
    STAMP + "systemd[1]: Started shop.service - fail: safe shop.",
    STAMP + "shop[99]: order 4711 shipped",
    '10.2.3.4 - - [22/Nov/2026:10:01:02 +0000] "GET /?q=Failed+to+start HTTP/1.1" 200 512 "-" "Failed to fetch"',
    "2026-11-22 10:01:02 info: recovered after error: none",
]


def found(text):
    assembler = Assembly().stretch(0, 0, 0)
    assembler.feed(text.encode())
    assembler.finish(final=True)
    return [(s.count, s.text) for s in assembler.take().sightings]


@pytest.mark.parametrize("line", FOUND)
def test_a_fatal_line_is_found_however_its_program_words_it(line):
    ((count, text),) = found(line + "\n")
    assert count == 1
    assert text == redact(line) or text in line  # of a structured line, its message


@pytest.mark.parametrize("line", NOT_FOUND)
def test_a_line_that_reports_nothing_is_left_alone(line):
    assert found(line + "\n") == []


def test_lines_of_one_abort_are_one_record():
    refused = (
        REDIS + "# Warning: Could not create server TCP listening socket 127.0.0.1:6379: bind: Address already in use\n"
    )
    abort = REDIS + "# Failed listening on port 6379 (TCP), aborting.\n"
    ready = REDIS + "* Ready to accept connections\n"
    assert found(ready + refused + abort + ready) == [(1, (refused + abort).rstrip())]
    assert found((refused + abort) * 3) == [(3, (refused + abort).rstrip())]


def test_the_block_about_a_bad_configuration_is_one_record():
    block = "*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\nReading the configuration file, at line 1\n"
    block += ">>> 'nonsense yes'\nBad directive or wrong number of arguments"
    assert found(f"\n{block}\n\n{block}\n{REDIS}* Ready\n") == [(2, block)]
    written = "".join(f"{STAMP}redis-server[99]: {line}\n" for line in block.split("\n"))
    assert found(written + STAMP + "redis-server[99]: Bye\n") == [(1, written.rstrip())]
