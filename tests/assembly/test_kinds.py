"""Kinds of failures that real programs wrote and that were missed, or found in part, until they were mended."""

import pytest

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.assembly.heads import SAMPLE

BARE = "order 17 accepted\ncache warm, errors=0\nGET /health 200\n"
STAMPED = "2026-11-27 07:40:31 INFO shop: order 17 accepted\n" * 4
LETTERS = "I20261126 23:55:04.772466 21514 meter.cc:123] reading of 14 counters\n" * 4
SHORT = "11:09PM INF reconnected after 2 attempts\n" * 4
SPRING = "2026-11-27T07:35:17.288Z  {} 4121 --- [exec-4] c.shop.Desk   : order 17 {}\n"
RELAYED = "".join(
    f"Nov 27 07:10:12 shop-2 app[9473]: {said}\n"
    for said in (
        "GET /orders 200",
        "cache warm",
        "order 17 paid",
        "worker ready",
        "DEBUG: errors=0",
        "replica caught up",
    )
)
UNCAUGHT = """\
Traceback (most recent call last):
  File "/srv/shop/charge.py", line 9, in <module>
    main()
KeyError: 'sku'
"""

CAUGHT = UNCAUGHT.replace("<module>", "pay")
PADDED = "2026-11-27 07:40:31 [info     ] accepted          order=17 errors=0\n" * 4
SMALL = "2026-11-27T07:40:31.200Z info  error handler installed\n" * 4


HEAP = """\
<--- Last few GCs --->

[8890:0x2d6bace0]     1894 ms: Mark-Compact 38.4 (40.4) -> 38.4 (40.4) MB, 71.83 / 0.00 ms
[8890:0x2d6bace0]     1990 ms: Mark-Compact 39.9 (72.9) -> 39.9 (72.9) MB, 28.57 / 0.00 ms

<--- JS stacktrace --->

FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
----- Native stack trace -----

 1: 0xb78db3 node::OOMErrorHandler(char const*, v8::OOMDetails const&) [node]
10: 0x10b7fb4 v8::internal::Heap::CollectGarbage(v8::internal::AllocationSpace) [node]
"""

CRASHED = "Error: signal 6 (Aborted):\n./meterd(+0x128af)[0x564c63c5e8af]\n/lib/libc.so.6(abort+0xd3)[0x7f78e2244472]\n"


def relayed(*lines: str) -> str:
    return "".join(f"Nov 27 07:10:12 shop-2 app[9473]: {line}\n" for line in lines)


LEVELS = relayed("INFO shop: order 17 accepted", "DEBUG shop: cache warm, errors=0", "INFO shop: GET /health 200") * 8

KINDS = {
    "glog": (LETTERS, "E20261126 23:55:04.772500 21514 meter.cc:123] counter 7 gave no answer\n"),
    "glog without a year": (LETTERS.replace("I2026", "I"), "F1126 23:55:04.772500 21514 meter.cc:123] no bus\n"),
    "a letter in brackets": (
        "2026-11-26 23:55:04 [I] order 17 accepted\n" * 4,
        "2026-11-26 23:55:04 [E] no tea today\n",
    ),
    "a level of three letters": (SHORT, '11:09PM ERR relay failed error="bad key"\n'),
    "perror": (BARE, "bus.conf: No such file or directory\n"),
    "perror between stamps": (STAMPED, "bus.conf: No such file or directory\n"),
    "perror of another kind": (BARE, "bind: Permission denied\n"),
    "a rust error": (BARE, "config: No such file or directory (os error 2)\n"),
    "a shell that is dash": (BARE, "/srv/shop/charge.sh: 3: order: not found\n"),
    "an assertion of libstdc++": (BARE, "/usr/include/vector:12: T f(): Assertion 'n < size()' failed.\n"),
    "frames of glibc": (BARE, "Error: signal 11:\n./meter(+0x16e5c5)[0x55c9]\n./meter(main+0x309)[0x55ca]\n"),
    "a level, then a trace": (
        BARE,
        "ERROR: could not pick order 4711\njava.lang.IllegalStateException: gone\n\tat shop.A.b(A.java:3)\n",
    ),
    "loguru": (
        STAMPED,
        (
            "2026-11-27 07:40:31 ERROR shop: no tea\nTraceback (most recent call last):\n\n"
            '  File "/srv/a.py", line 3, in <module>\n    ask()\n    └ <function ask at 0x7f>\n\n'
            "> File \"/srv/a.py\", line 2, in ask\n    {}['tea']\n\nKeyError: 'tea'\n"
        ),
    ),
    "a trace in a margin": (BARE, "  TypeError: order is undefined\n      at charge (/srv/a.js:3:1)\n"),
    "an error in an object": (BARE, "{\n  error: Error: gone\n      at charge (/srv/a.js:3:1),\n  id: 17\n}\n"),
    "a worker of Node": (
        BARE,
        (
            "node:internal/event_target:1105\n  process.nextTick(() => { throw err; });\n          ^\n[worker eval]:1\n"
            "throw new Error('lost')\n^\n\nError: lost\n    at [worker eval]:1:11\n\nNode.js v20.20.2\n"
        ),
    ),
    "thrown with many lines": (
        BARE,
        (
            "/srv/a.js:28\nthrow new OutOfTea(it)\n^\n\nOutOfTea: one\ntwo\n\nfour\n    at /srv/a.js:28:5 {\n  id: 3\n"
            "}\n\nNode.js v20.20.2\n"
        ),
    ),
    "an empty line in what Java says": (
        BARE,
        "java.lang.IllegalStateException: no order:\n  - item\n\nSee /docs\n\tat shop.A.b(A.java:3)\n",
    ),
    "an empty line in what Python says": (STAMPED, "2026-11-27 07:40:31 ERROR shop: no\n" + UNCAUGHT + "two\n\nfour\n"),
    "fields with lines of their own": (
        BARE,
        UNCAUGHT.replace("KeyError: 'sku'", "ValueError: 2 validation errors")
        + "seats\n  required\n\ndate\n  not a date\n",
    ),
    "an empty line in a panic": (
        BARE,
        "thread 'main' panicked at src/main.rs:4:2:\nquery is bad:\n  | (a OR\n\nnote: run with `RUST_BACKTRACE=1`\n",
    ),
    "an empty line in a message": (STAMPED, "2026-11-27 07:40:31 ERROR shop: one\ntwo\n\nfour\n"),
    "an empty line in what Ruby says": (
        BARE,
        "a.rb:3:in `pay': one (OutOfTea)\ntwo\n\nfour\n\tfrom a.rb:9:in `<main>'\n",
    ),
    "a thread of Ruby, and who waited for it": (
        BARE,
        "#<Thread:0x7f a.rb:9 run> terminated with exception (report_on_exception is true):\n"
        + "a.rb:3:in `pay': no tea (OutOfTea)\n\tfrom a.rb:9:in `block in <main>'\n" * 2,
    ),
    "faulthandler": (
        BARE,
        (
            "Fatal Python error: Segmentation fault\n\nCurrent thread 0x7f (most recent call first):\n"
            '  File "/srv/a.py", line 3 in ask\n\nExtension modules: shop.fast (total: 1)\n'
        ),
    ),
    "an exception in a finaliser": (
        STAMPED + "2026-11-27 07:40:31 WARNING shop: slow\n",
        "Exception ignored in: <function D.__del__ at 0x7f>\n" + UNCAUGHT,
    ),
    "what nobody caught below a warning": (STAMPED + "2026-11-27 07:40:31 WARNING shop: slow\n", UNCAUGHT),
    "a record that cannot be logged": (
        BARE,
        "--- Logging error ---\n" + UNCAUGHT + "Call stack:\n  File \"/srv/a.py\", line 3, in ask\nMessage: '%d'\n"
        "Arguments: ('x',)\n",
    ),
    "PHP, of a class that is called anything": (
        "[27-Nov-2026 07:46:25 UTC] GET /index.php 200\n" * 4,
        "[27-Nov-2026 07:46:25 UTC] OutOfStock: none in /srv/a.php:7\nStack trace:\n#0 {main}\n",
    ),
    "a chain of PHP that ends": (
        BARE + "loaded /srv/a.php\n",
        (
            "OutOfStock: none in /srv/a.php:7\nStack trace:\n#0 {main}\n\nNext Gone: in /srv/a.php:9\nStack trace:\n"
            "#0 {main}\n"
        ),
    ),
    "Java, of a class that is called anything": (
        BARE,
        "shop.OutOfStock: none\n\tat shop.A.b(A.java:3)\nCaused by: java.io.IOException: gone\n\t... 1 more\n",
    ),
    "a warning of Monolog with an exception": (
        "[2026-11-27 07:40:16] shop.INFO: order 17 accepted [] []\n" * 4,
        '[2026-11-27 07:40:16] shop.WARNING: no mail {"exception":"[object] (JsonException(code: 4): at /a.php)"} []\n',
    ),
    "a warning of Laravel with a trace": (
        "[2026-11-27 07:40:16] shop.INFO: order 17 accepted\n" * 4,
        (
            '[2026-11-27 07:40:16] shop.WARNING: no mail {"exception":"[object] (TypeError(code: 0): no at /a.php:9)\n'
            '[stacktrace]\n#0 /a.php(61): pay()\n#1 {main}\n"}\n'
        ),
    ),
    "a warning of Ruby with frames": (
        "I, [2026-11-27T07:40:24.904618 #26814]  INFO -- shop: order 17 accepted\n" * 4,
        (
            "W, [2026-11-27T07:40:24.904699 #26814]  WARN -- shop: invalid date (Date::Error)\n"
            "a.rb:43:in `parse'\na.rb:121:in `<main>'\n"
        ),
    ),
    "a trace of Spring Boot below a warning and an empty line": (
        SPRING.format("INFO", "accepted") * 4,
        SPRING.format("WARN", "late") + "\njava.lang.NumberFormatException: x\n\tat shop.A.b(A.java:3)\n",
    ),
    "many lines of what was raised below an empty line": (
        SPRING.format("INFO", "accepted") * 4,
        SPRING.format("ERROR", "lost")
        + "\njava.lang.IllegalArgumentException: not valid:\n - no address\n\tat shop.A.b(A.java:3)\n",
    ),
    "what Node could not parse, below the source": (
        "[2026-11-27T07:34:49.864Z] info: order 17 accepted\n" * 4,
        (
            "[2026-11-27T07:34:49.864Z] error: no order rooms.js:1\nconst room = ;\n             ^\n\n"
            "SyntaxError: Unexpected token ';'\n    at new Script (node:vm:117:7)\n"
        ),
    ),
    "a function of PHP that fails": (
        "[27-Nov-2026 07:40:16 UTC] GET /index.php 200\n" * 4,
        "[27-Nov-2026 07:40:16 UTC] PHP Warning:  mkdir(): File exists in /srv/a.php on line 223\n",
    ),
    "a buffer that overflowed, below a warning": (
        STAMPED + "2026-11-27 07:40:31 WARNING shop: slow\n",
        "*** buffer overflow detected ***: terminated\n",
    ),
    "a stack that overflowed": (
        STAMPED,
        "thread 'main' (24970) has overflowed its stack\nfatal runtime error: stack overflow, aborting\n",
    ),
    "no memory for Ruby": (STAMPED, "a.rb: failed to allocate memory (NoMemoryError)\n"),
    "what Rust could not parse": (BARE, "worker gave up: invalid float literal\n"),
    "a traceback among bare lines that are relayed": (
        RELAYED,
        "".join(f"Nov 27 07:10:12 shop-2 app[9473]: {line}\n" for line in UNCAUGHT.splitlines()),
    ),
    "Perl, where the place comes late": (
        BARE,
        "cannot pay: bank 1 is down\nsince noon at pay.pl line 9.\n\tmain::pay(1) called at pay.pl line 14\n",
    ),
    "a level that is padded in its brackets": (PADDED, "2026-11-27 07:40:31 [error    ] no tea today      order=17\n"),
    "a small level behind the time": (
        SMALL,
        "2026-11-27T07:40:31.200Z error no room\n    at charge (/srv/a.js:3:1)\n",
    ),
    "a small level that is padded": (
        "2026-11-27 07:40:31 info    shop: order 17 accepted\n" * 4,
        "2026-11-27 07:40:31 fatal   shop: the till is open\n",
    ),
    "Dancer": (
        "[Shop:13329] info @2026-11-27 07:40:31> order 17 accepted in shop.pl l. 57\n" * 4,
        "[Shop:13329] error @2026-11-27 07:40:31> Route exception: no tea at shop.pl line 9. in App.pm l. 1516\n",
    ),
    "slog": (
        "Nov 27 07:40:31.604 DEBG order 17 accepted, version: 2.4\n" * 4,
        "Nov 27 07:40:31.604 CRIT the till is open, version: 2.4\n",
    ),
    "GLib": (
        RELAYED,
        "Nov 27 07:40:31 shop-2 app[9473]: (process:973): Till-CRITICAL **: 07:40:31.581: queue is not a queue\n",
    ),
    "asyncio, relayed": (
        RELAYED,
        relayed(
            "ERROR:asyncio:Task exception was never retrieved",
            "future: <Task finished name='Task-3' coro=<poll() done> exception=KeyError('sku')>",
            *CAUGHT.splitlines(),
        ),
    ),
    "a pool of Python, relayed": (
        RELAYED,
        relayed(
            "concurrent.futures.process._RemoteTraceback:",
            '"""',
            *CAUGHT.splitlines(),
            '"""',
            "The above exception was the direct cause of the following exception:",
            *CAUGHT.splitlines(),
        ),
    ),
    "a line that says what crashed, above a trace": (RELAYED, relayed("job tidy crashed", *CAUGHT.splitlines())),
    "a line that says what failed, above a trace of Java": (
        BARE,
        "Weighing failed!\njava.lang.IllegalStateException: gone\n\tat shop.A.b(A.java:3)\n",
    ),
    "a part of the program, and what failed": (RELAYED, relayed("[tidy] fatal: KeyError: 'price'")),
    "what failed, and why": (BARE, "sweep: stat failed: Errno::ENOENT: No such file or directory @ a.tmp\n"),
    "a warning of Python's own below a trace": (
        "/srv/shop/bill.py:9: DeprecationWarning: use `cents`\n  return sum()\n" + STAMPED,
        "2026-11-27 07:40:31 ERROR shop: no tea\n" + CAUGHT,
    ),
    "a cause of Java that takes two lines": (
        BARE,
        (
            'Exception in thread "main" shop.Lost: order 17\n\tat shop.A.b(A.java:3)\n'
            "Caused by: org.h2.JdbcSQLException: no table; SQL statement:\nSELECT * FROM tea [42102]\n"
            "\tat org.h2.A.b(A.java:3)\n\t... 2 more\n"
        ),
    ),
    "a fall of the Java runtime": (
        BARE,
        (
            "#\n# A fatal error has been detected by the Java Runtime Environment:\n#\n#  SIGSEGV (0xb) at pc=0x7f\n"
            "#\n# Problematic frame:\n# V  [libjvm.so+0xed2f94]  Unsafe_PutLong+0x124\n#\n"
        ),
    ),
    "hapi": (
        "[info] order 17 accepted\n[warn] order 18 is large\n" * 4,
        "Debug: internal, implementation, error \n    Error: no tea\n    at charge (/srv/a.js:3:1)\n",
    ),
    "consola": ("[success] order 17 paid\n[info] order 18 paid\n" * 4, "[fatal] shop closes: TypeError: x\n"),
    "Monolog, with more than what was raised": (
        "[2026-11-27 07:40:31] shop.INFO: order 17 accepted\n" * 4,
        (
            '[2026-11-27 07:40:31] shop.CRITICAL: Uncaught {"exception":"[object] (Error(code: 0): gone at /a.php:9)\n'
            '[stacktrace]\n#0 {main}\n","order":755}\n'
        ),
    ),
    "a block of Symfony": (
        "[info] order 17 accepted\n[notice] no sugar\n" * 4,
        (
            "In Charge.php line 29:\n                 \n  [OutOfTea]     \n  None of 17     \n                 \n\n"
            "Exception trace:\n  at /srv/Charge.php:29\n"
        ),
    ),
    "a method of PHP's own that fails": (
        "[27-Nov-2026 07:40:16 UTC] GET /index.php 200\n" * 4,
        (
            "[27-Nov-2026 07:40:16 UTC] PHP Warning:  DOMDocument::load(): I/O warning : failed to load "
            '"/srv/skin.xml" in /srv/a.php on line 26\n'
        ),
    ),
    "Sinatra": (
        "2026-11-27 07:40:31 INFO  shop: order 17 accepted\n" * 4,
        (
            "2026-11-27 07:40:31 - NameError - undefined local variable `tea'\n\n    ask: -> { tea }\n"
            "             ^^^:\n\tshop.rb:3:in `ask'\n\tshop.rb:9:in `<main>'\n"
        ),
    ),
    "Mojo, with the place in its source": (
        "[2026-11-27 07:40:31.67286] [13534] [info] order 17 accepted\n" * 4,
        (
            '[2026-11-27 07:40:31.67286] [13534] [error] Global symbol "$tea" is not known at template line 1.\n'
            'Context:\n  1: <%= $tea %>\nTraceback (most recent call first):\n  File "shop.pl", line 9, in "main"\n'
        ),
    ),
    "eyre": (BARE, "Error: label 9 is lost\n\nCaused by:\n    No such file\n\nLocation:\n    src/main.rs:96:9\n"),
    "Perl's confess without a dot": (
        BARE,
        "Attribute (to) is required at /usr/share/Object.pm line 24\n\tmain::send(1) called at pay.pl line 14\n",
    ),
    "what nobody can catch in Perl": (BARE, "\t(in cleanup) no tea at pay.pl line 14.\n"),
    "no memory in Rust": (
        RELAYED,
        relayed("memory allocation of 4096 bytes failed", "note: run with `RUST_BACKTRACE=1` environment variable"),
    ),
    "what failed, and a chain of causes": (BARE, "order 17 failed: not stored\n  caused by: disk is full\n"),
    "what was being done as it failed": (RELAYED, relayed("error while packing: NoTea {", "    shelf: 3,", "}")),
    "anyhow": (
        BARE,
        "Error: no tea (os error 2)\n\nStack backtrace:\n   0: shop::main\n             at ./src/main.rs:9\n",
    ),
    "frames of glibc below a signal": (BARE, "*** signal 8 (Floating point exception)\n./meter(main+0x309)[0x55ca]\n"),
    "frames of glibc below nothing": (BARE, "./meter(+0x16e5c5) [0x55c9]\n./meter(main+0x309) [0x55ca]\n"),
    "argparse": (
        RELAYED,
        relayed("usage: shop [-h] [--port PORT]", "            [--host HOST]", "shop: error: no such option: --prot"),
    ),
    "getopt": (BARE, "shop: unrecognized option '--prot'\n"),
    "a coroutine that nobody awaits": (
        BARE,
        (
            "/srv/a.py:9: RuntimeWarning: coroutine 'ask' was never awaited\n  ask()\n"
            "RuntimeWarning: Enable tracemalloc to get the object allocation traceback\n"
        ),
    ),
    "a class of Perl's": (BARE, "Shop::Error: no tea\n"),
    "Node, whose heap is full": (RELAYED, relayed(*HEAP.replace("\n\n", "\n").splitlines())),
    "Node, whose heap is full, below stamps": (SMALL, HEAP),
    "Node, that aborts": (
        BARE,
        (
            "----- Native stack trace -----\n\n 1: 0xd3a3c0  [node]\n\n----- JavaScript stack trace -----\n\n"
            "1: abort (/srv/a.cjs:157:26)\n"
        ),
    ),
    "a deadlock of Ruby": (
        BARE,
        (
            "a.rb:9:in `pop': No live threads left. Deadlock? (fatal)\n1 threads, 1 sleeps current:0x56 main:0x56\n"
            "* #<Thread:0x7f sleep_forever>\n   rb_thread_t:0x56 native:0x7f int:0\n   \n\tfrom a.rb:12:in `<main>'\n"
        ),
    ),
    "words before a traceback": (BARE, "job 4711 failed: " + CAUGHT.replace("KeyError", "shop.OutOfTea")),
    "words before a chain": (
        BARE,
        "order 17 ... " + CAUGHT + "\nDuring handling of the above exception, another exception occurred:\n\n" + CAUGHT,
    ),
    "words before a group": (
        BARE,
        (
            "job 4711 failed:   + Exception Group Traceback (most recent call last):\n"
            '  |   File "/srv/a.py", line 3, in ask\n  | ExceptionGroup: two (1 sub-exception)\n'
            "  +-+---------------- 1 ----------------\n    | OutOfTea: none\n    +---------------------------------\n"
        ),
    ),
    "a level that is critical, between bare lines": (BARE, "critical: shutting down: map::at\n"),
    "a level that is critical, relayed": (RELAYED, relayed("critical: shutting down: map::at")),
    "a level that is critical, of a tool": (BARE, "meterd: critical: shutting down: map::at\n"),
    "a level of syslog's": (BARE, "emerg: no bus\n"),
    "a level as .NET writes it": (BARE, "Critical: shutting down: no bus\n"),
    "a level of Java's": (BARE, "severe: no bus\n"),
    "an assertion whose signal is caught": (STAMPED, f"meterd: meter.cc:149: f(): Assertion `x' failed.\n{CRASHED}"),
    "an assertion whose signal is caught, relayed": (
        RELAYED,
        relayed("meterd: meter.cc:149: f(): Assertion `x' failed.", *CRASHED.splitlines()),
    ),
    "an assertion of musl whose signal is caught": (
        BARE,
        "Assertion failed: n > 0 (meter.c: read_all: 149)\n" + CRASHED,
    ),
    "an exception of C++ whose signal is caught": (
        BARE,
        "terminate called after throwing an instance of 'OutOfTea'\n  what():  none\n" + CRASHED,
    ),
    "a corrupted heap, and what glog says of the signal": (
        BARE,
        (
            'free(): invalid pointer\n*** Aborted at 1795771213 (unix time) try "date -d @1795771213" ***\n'
            "PC: @     0x7f22a8eec (unknown)\n*** SIGABRT (@0x3e8) received by PID 17 (TID 0x7f2) from PID 17; ***\n"
            "    @     0x7f2259fb2 gsignal\n"
        ),
    ),
    "a signal that abseil tells of": (
        BARE,
        (
            "terminate called without an active exception\n*** SIGABRT received at time=1795771213 on cpu 3 ***\n"
            "PC: @     0x7f22a8eec  (unknown)  raise\n    @     0x7f2259fb2         64  gsignal\n"
        ),
    ),
    "an excerpt of the source in what Ruby says": (
        BARE,
        (
            "Loan 85023 failed: undefined local variable or method `late_fee' for main:Object\n\n"
            "  no_name: -> { late_fee * 2 },\n                ^^^^^^^^ (NameError)\nDid you mean?  late_fees\n"
            "\tlibrary.rb:74:in `block in <main>'\n\tlibrary.rb:107:in `logged'\n"
        ),
    ),
    "an excerpt of the source in what Ruby says, relayed": (
        RELAYED,
        relayed(
            "Loan 85023 failed: undefined method `fee' for nil:NilClass",
            "",
            "  book.fee * 2",
            "      ^^^^ (NoMethodError)",
            "\tlibrary.rb:74:in `block in <main>'",
        ),
    ),
    "a statement in what SQLAlchemy says": (
        RELAYED,
        relayed(
            *CAUGHT.replace("KeyError: 'sku'", "sqlalchemy.exc.OperationalError: (OperationalError) gone").splitlines(),
            "[SQL: SELECT o.id,",
            "       c.email",
            "FROM orders o",
            "WHERE o.id = ?]",
            "[parameters: (17,)]",
            "(Background on this error at: https://sqlalche.me/e/20/e3q8)",
        ),
    ),
    "a statement in what SQLAlchemy says, between bare lines": (
        BARE,
        (
            CAUGHT.replace("KeyError: 'sku'", "sqlalchemy.exc.IntegrityError: (IntegrityError) twice")
            + "[SQL: INSERT INTO orders\nVALUES (?, ?)]\n[parameters: [(1, 2),\n(3, 4)]]\n"
        ),
    ),
    "notes below what Python raised, relayed": (
        LEVELS,
        relayed("ERROR shop: no order", *CAUGHT.splitlines(), "order 78079, line 3", "file prices_2026w48.csv"),
    ),
    "a message of several lines, relayed": (LEVELS, relayed("ERROR shop: no order", "order 78079", "file a.csv")),
    "a fall of Python below a warning, relayed": (
        LEVELS + relayed("WARNING shop: disk is at 81 percent"),
        relayed(
            "Fatal Python error: Aborted", "", "Current thread 0x7f (most recent call first):", "  <no Python frame>"
        ),
    ),
    "no memory in Rust, between stamps": (
        "2026-11-27T21:14:31.839689Z  INFO shop::desk: order 17 accepted\n" * 4,
        "memory allocation of 4096 bytes failed\nstack backtrace:\n   0: std::alloc::rust_oom\n",
    ),
    "no memory in Rust, below another fall": (
        STAMPED + "2026-11-27 07:40:31 WARN shop: caught at src/main.rs:9\n",
        "memory allocation of 4096 bytes failed\nnote: run with `RUST_BACKTRACE=1` environment variable\n",
    ),
    "a trace of Perl below a line with two numbers": (
        "List 26018 has 38717 recipients\nMail 39740 delivered to 17042 readers\n" * 4,
        "mime parts nested too deeply at mailer.pl line 82.\n\tmain::parse(1) called at mailer.pl line 82\n",
    ),
    "what Perl died of once more": (BARE, "no such list\n\t...propagated at mailer.pl line 71.\n"),
    "what Perl died of once more, relayed": (RELAYED, relayed("no such list", "\t...propagated at mailer.pl line 71.")),
    "what was waited for in vain": (BARE, "timed out waiting for the relay\n"),
    "a quota": (BARE, "disk quota exceeded\n"),
    "a deadline of Go": (RELAYED, relayed("charge: context deadline exceeded")),
}


@pytest.mark.parametrize("size", [1 << 20, 61])
@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_is_found_whole_and_nothing_else_is(kind, size):
    calm, failure = KINDS[kind]
    log = (calm + failure + calm.split("\n")[0] + "\n" + calm).encode()
    assert found(log, size) == [failure.rstrip()]


def test_a_class_that_is_called_anything_is_found_where_its_frames_are_relayed():
    writer = "Nov 27 07:50:01 web-3 app[871]: "
    failure = f"{writer}OutOfStock: none\n{writer}    at charge (/srv/a.js:3:1)\n"
    assert found((f"{writer}order 17 accepted\n" + failure).encode(), 1 << 20) == [failure.rstrip()]


@pytest.mark.parametrize(
    "calm",
    [
        LETTERS + "W20261126 23:55:04.772500 21514 meter.cc:123] bus 2 is slow\n" + LETTERS,
        SHORT + "11:09PM WRN no ERR seen\n" + SHORT,
        BARE + "request 7 timed out, trying again\nPermission denied to guest, as it should be\n" + BARE,
        BARE + "no Exception seen\n" + BARE,
        STAMPED + "2026-11-27 07:40:31 WARNING shop: retried: TimeoutError\n" + STAMPED,
        "[27-Nov-2026 07:40:16 UTC] PHP Warning:  Undefined variable $a in /srv/a.php on line 9\n" * 4,
        BARE + "checked: file or directory\n  TypeError counts: 0\n" + BARE,
        SMALL + "2026-11-27T07:40:31.200Z warn  last error was yesterday\n" + SMALL,
        STAMPED + "2026-11-27 07:40:31 error handler installed\n" + STAMPED,
        PADDED + "2026-11-27 07:40:31 [warning  ] order refused     kind=ValueError\n" + PADDED,
        BARE + "checks failed: 0 of 9, no Error \nsend failed: TimeoutError, trying again\n" + BARE,
        BARE + "timed out waiting for the relay, trying again\n" + BARE,
        BARE + "critical: 0\nsevere: none\n" + BARE,
        RELAYED + relayed("critical: 0", "alert: none"),
        RELAYED + relayed("[info] error: unknown order", "[tidy] error: 0") + RELAYED,
        RELAYED + relayed("(process:973): Till-WARNING **: 07:40:31: no ERROR"),
    ],
)
def test_calm_lines_of_such_files_are_none(calm):
    assert found(calm.encode(), 1 << 20) == []


def test_an_error_of_one_line_takes_no_line_up_to_the_next_trace():
    writer = "Nov 27 07:10:15 shop-2 chat[36325]: "
    first = f"{writer}Error: no room 7: file already exists\n"
    second = f"{writer}message 3 lost TypeError: x\n{writer}    at send (/srv/a.mjs:43:17)\n"
    log = f"{writer}order 17 accepted\n" * 4 + first + f"{writer}GET /cart 200 31ms\n" + second
    assert found(log.encode(), 1 << 20) == [first.rstrip(), second.rstrip()]


def test_an_error_that_was_seen_alone_is_no_other_once_it_is_recognised():
    first = relayed("Error: giving up on webhook for invoice 17 after 5 attempts")
    second = relayed("Unhandled error in job: TypeError [ERR_ARG]: no text", "    at send (/srv/a.cjs:43:17)")
    log = RELAYED + (first + RELAYED + first + relayed("order 17 paid") + second + RELAYED) * 3
    assert found(log.encode(), 1 << 20) == [first.rstrip()] * 6 + [second.rstrip()] * 3


def test_an_error_that_was_seen_alone_is_looked_at_again_where_words_and_frames_follow():
    alone = relayed("Error: no room 7")
    framed = alone + relayed("ask the porter", "    at book (/srv/a.cjs:9:3)")
    log = RELAYED + (alone + RELAYED) * 9 + framed + RELAYED
    assert found(log.encode(), 1 << 20) == [alone.rstrip()] * 9 + [framed.rstrip()]


@pytest.mark.parametrize(
    ("raised", "above", "is_cause"),
    [
        ("a.rb:10:in `rescue in pay'", "\tfrom a.rb:7:in `pay'\n", True),
        ("a.rb:10:in `ensure in pay'", "\tfrom a.rb:7:in `pay'\n", True),
        ("a.rb:15:in 'fail_with'", "\tfrom a.rb:10:in 'rescue in pay'\n\tfrom a.rb:7:in 'pay'\n", True),
        ("b.rb:3:in `ask'", "\tfrom a.rb:8:in `pay'\n", True),
        ("a.rb:10:in `pay'", "", False),
        ("a.rb:12:in `pay'", "", False),
    ],
)
def test_of_two_traces_of_ruby_the_second_is_the_cause_if_the_first_was_raised_at_its_rescue(raised, above, is_cause):
    first = f"{raised}: no tea (OutOfTea)\n{above}\tfrom a.rb:20:in `<main>'\n"
    second = "b.rb:3:in `ask': closed (IOError)\n\tfrom a.rb:8:in `pay'\n\tfrom a.rb:20:in `<main>'\n"
    log = BARE + first + second + BARE
    assert len(found(log.encode(), 1 << 20)) == (1 if is_cause else 2)


TRACE = "TypeError: x\\n    at send (/srv/a.mjs:43:17)"


@pytest.mark.parametrize(
    "fields",
    [
        f'"level":"warn","msg":"lost","stack":"{TRACE}"',
        f'"level":40,"err":{{"type":"TypeError","stack":"{TRACE}"}},"msg":"lost"',
        f'"level":40,"err":{{"type":"Error","stack":"{TRACE[4:]}","code":"EACCES"}},"msg":"lost"',
        '"level":"WARNING","error":"KeyError","stack":"Traceback (most recent call last):\\n  File"',
        '"level":"WARN","error":"NoMethodError","stack":["a.rb:3:in `pay\'"]',
        '"level":"WARN","stack_trace":"java.lang.OutOfMemoryError: x\\n\\tat shop.A.b(A.java:3)"',
        '"level_name":"WARNING","context":{"exception":{"class":"JsonException","file":"/a.php:9"}}',
    ],
)
def test_a_structured_warning_with_what_was_raised_is_an_error(fields):
    assert len(found(f"{{{fields}}}\n".encode(), 1 << 20)) == 1


@pytest.mark.parametrize(
    "fields",
    [
        '"level":"warn","msg":"slow, no Error: 0","stacktrace":"main.pay\\n\\t/srv/pay.go:17"',
        '"level":"warn","msg":"slow","error":"TimeoutError"',
        '"level":"WARN","message":"slow, no Error: 0","class":"shop.Pay","file":"Pay.java"',
        f'"level":"warn","msg":"slow","stack":"{TRACE[4:]}"',
        f'"level":"info","msg":"tried again","stack":"{TRACE}"',
    ],
)
def test_a_structured_warning_with_a_trace_only_or_a_name_only_is_none(fields):
    assert found(f"{{{fields}}}\n".encode(), 1 << 20) == []


MIXED = (
    "2026-11-27 07:40:31 INFO shop: order 17 accepted\nuploading part 1 of 3\nuploading part 2 of 3\n"
    "2026-11-27 07:40:32 INFO shop: order 18 accepted\ncache warm\nlistening on 127.0.0.1:8080\n"
) * 4
HEADED = "2026-11-27 07:40:31 ERROR shop: no tea\n"


@pytest.mark.parametrize("size", [1 << 20, 61])
@pytest.mark.parametrize(
    "failure",
    [
        HEADED,
        HEADED + CAUGHT,
        HEADED + "java.lang.IllegalStateException: gone\n\tat shop.A.b(A.java:3)\n",
        HEADED + "main.pay\n\t/srv/shop/pay.go:17\n",
        "2026-11-27 07:40:31 WARN shop: slow\njava.lang.IllegalStateException: gone\n\tat shop.A.b(A.java:3)\n",
        CAUGHT,
        "2026-11-27 07:40:31 ERROR shop: panicked at src/main.rs:4:2:\nno tea\n",
        "terminate called after throwing an instance of 'OutOfTea'\n  what():  none\n",
    ],
)
def test_where_bare_lines_stand_alone_a_record_takes_none_that_is_not_of_a_trace(failure, size):
    assert found((MIXED + failure + "cache warm\n" + MIXED).encode(), size) == [failure.rstrip()]


def found(log: bytes, size: int) -> list[str]:
    assembler = Assembly().stretch(0, 0, 0, log[:SAMPLE])
    for at in range(0, len(log), size):
        assembler.feed(log[at : at + size])
    assembler.finish(final=True)
    return [s.text for s in assembler.take().sightings for _ in range(s.count)]


def test_a_trace_below_a_line_that_says_that_nothing_failed_begins_with_itself():
    log = BARE + "self test: 12 passed, 0 failed\n" + CAUGHT + BARE
    assert found(log.encode(), 1 << 20) == [CAUGHT.rstrip()]


@pytest.mark.parametrize("head", ["Nov 27 22:02:41 depot-2 pointsd[17995]: ", "2026-11-27 22:02:41 ", ""])
@pytest.mark.parametrize("marks", ["<>", "()", "{}", "||", "**", "##"])
@pytest.mark.parametrize(
    ("level", "calm"), [("error", "info"), ("err", "debug"), ("crit", "notice"), ("ERROR", "INFO")]
)
def test_a_level_between_marks_before_the_message_is_one(head, marks, level, calm):
    opened, closed = marks
    quiet = f"{head}{opened}{calm}{closed} self test: 0 errors, no ERROR\n"
    failure = f"{head}{opened}{level}{closed} self test: - points 79: no detection\n"
    assert found((quiet * 5 + failure + quiet).encode(), 1 << 20) == [failure.rstrip()]


@pytest.mark.parametrize("stated", ["level: error", "severity: ERROR", "error -", "error |", "error ::", "!ERROR"])
def test_a_level_with_its_name_or_a_mark_before_the_message_is_one(stated):
    quiet = (
        f"Nov 27 22:02:41 depot-2 pointsd[7]: {stated.replace('error', 'info').replace('ERROR', 'INFO')} (error) off\n"
    )
    failure = f"Nov 27 22:02:41 depot-2 pointsd[7]: {stated} no detection\n"
    assert found((quiet * 5 + failure + quiet).encode(), 1 << 20) == [failure.rstrip()]


IN_RUBY = (
    "cut.rb:62:in `rescue in publish': not published (Cut::Error)\n\tfrom cut.rb:59:in `publish'\n"
    "\tfrom cut.rb:170:in `<main>'\ncut.rb:56:in `run': exited with 238 (Cut::EncodeError)\n"
    "\tfrom cut.rb:60:in `publish'\n\tfrom cut.rb:170:in `<main>'\n"
)
IN_NODE = (
    "AssertionError [ERR_ASSERTION]: Expected values to be strictly deep-equal:\n+ actual - expected\n  {\n"
    "    fare: 240,\n+   zone: 2\n-   zone: 9\n  }\n    at checks (/srv/gates.cjs:60:33)\n"
)
AGGREGATED = (
    "[AggregateError: All promises were rejected] {\n  [errors]: [\n    Error: connect ECONNREFUSED 127.0.0.1:9\n"
    "        at TCPConnectWrap.afterConnect (node:net:1611:16) {\n      errno: -111\n    }\n  ]\n}\n"
)
IN_JAVA = "com.shop.TillException: drawer\n stuck\n\tat com.shop.Till.open(Till.java:9)\n"
IN_PERL = "no drawer at till.pl line 9.\n\tmain::open(1) called at till.pl line 20\n"
IN_PHP = "RuntimeException: drawer stuck in /srv/till.php:9\nStack trace:\n#0 {main}\n"


@pytest.mark.parametrize("size", [1 << 20, pytest.param(97, marks=pytest.mark.slow)])
@pytest.mark.parametrize("raised", [IN_RUBY, IN_NODE, AGGREGATED, IN_JAVA, IN_PERL, IN_PHP, CAUGHT])
@pytest.mark.parametrize(
    ("said", "calm", "head"),
    [
        ("ERROR: could not cut 17", "", ""),
        ("ERROR: could not cut 17", "", "Nov 27 08:12:54 depot-2 cut[3460]: "),
        ("error: could not cut 17", "", ""),
        ("error: could not cut 17", "info: ", ""),
        ("Could not cut 17", "", ""),
        ("failed to cut 17", "", "2026-11-27T08:12:54.123456789Z stderr F "),
        ("2026-11-27 08:12:54 ERROR could not cut 17", "2026-11-27 08:12:54 INFO ", ""),
        ("error: could not cut 17", "info: ", "Nov 27 08:12:54 depot-2 cut[3460]: "),
        ("E, ERROR: could not cut 17", "I, INFO: ", "Nov 27 08:12:54 depot-2 cut[3460]: "),
        ("E, ERROR -- : could not cut 17", "I, INFO -- : ", ""),
        ("<error> could not cut 17", "<info> ", "Nov 27 08:12:54 depot-2 cut[3460]: "),
    ],
)
def test_what_was_raised_right_below_a_line_that_states_an_error_is_its(said, calm, head, raised, size):
    quiet = "".join(f"{head}{calm}{words}\n" for words in ("cut 16 written", "cache warm", "checked 9: 0 errors"))
    failure = "".join(f"{head}{line}\n" for line in f"{said}\n{raised}".splitlines())
    assert found((quiet * 4 + failure + quiet + failure + quiet).encode(), size) == [failure.rstrip()] * 2


def test_a_line_that_ends_in_the_class_of_what_failed_takes_no_trace_of_another():
    said, raised = (
        "error: request 7 failed: no such file (Errno::ENOENT)\n",
        "a.rb:9:in `b': end (EOFError)\n\tfrom a.rb:1\n",
    )
    log = "cache warm\nlistening on 8080\ncut 16 written\n" * 4 + said + raised
    assert found(log.encode(), 1 << 20) == [said.rstrip(), raised.rstrip()]


@pytest.mark.parametrize(
    "failure",
    [
        "error: run 25019 refused:\n  van Dijk: no tax code\n  van Dijk: negative hours\n",
        "fatal: no run to pay\n",
        "syntax error at (eval 47) line 1, at EOF\n",
        'syntax error at pay.pl line 3, near "foo bar"\n',
    ],
)
@pytest.mark.parametrize("calm", ["[Fri Nov 27 21:44:17 2026] payroll.pl: ", "2026-11-27 07:40:31 INFO pay: "])
def test_a_calm_line_takes_no_statement_of_an_error_right_below_it(calm, failure):
    quiet = "".join(f"{calm}{words}\n" for words in ("exceptions file is empty", "archived run 8", "slip 9 sent"))
    assert found((quiet * 4 + failure + quiet).encode(), 1 << 20) == [failure.rstrip()]


@pytest.mark.parametrize("said", ["结算失败: SyntaxError: Unexpected token", "échec: TypeError: x is undefined"])
def test_words_before_what_node_raised_begin_a_record_where_a_message_of_several_lines_stands_above(said):
    quiet = "tap 15 opened\npass 8 topped up\n乘客 3 进站\nfare table loaded, 52 zones\n" * 4
    above, failure = "Error: self test failed:\n  - A15: dirty\n  - B15: no power", f"{said}\n    at parse (/a.js:1:2)"
    log = f"{quiet}{above}\n乘客 9 进站\ntap 16 opened\n{failure}\n{quiet}"
    assert found(log.encode(), 1 << 20) == [above, failure]


@pytest.mark.parametrize("size", [1 << 20, pytest.param(97, marks=pytest.mark.slow)])
@pytest.mark.parametrize("raised", [IN_RUBY, IN_NODE, IN_JAVA])
def test_what_a_program_says_it_was_doing_right_above_a_trace_begins_the_record(raised, size):
    quiet, failure = "cut 16 written\ncache warm\nlistening on 8080\n" * 4, f"Error while cutting 17\n{raised}"
    assert found((quiet + failure + quiet).encode(), size) == [failure.rstrip()]


GROUP = """\
  + Exception Group Traceback (most recent call last):
  |   File "/srv/shop/charge.py", line 9, in pay
  |     raise ExceptionGroup("orders failed", failures)
  | ExceptionGroup: orders failed (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/srv/shop/charge.py", line 3, in pick
    | KeyError: 'sku'
    |
    | During handling of the above exception, another exception occurred:
    |
    | Exception Group Traceback (most recent call last):
    |   File "/srv/shop/charge.py", line 7, in pick
    | ExceptionGroup: picks failed (1 sub-exception)
    +-+---------------- 1 ----------------
      | TimeoutError
      +------------------------------------
"""
HANDLED = "\nDuring handling of the above exception, another exception occurred:\n\n"
CAUSED = "\nThe above exception was the direct cause of the following exception:\n\n"


@pytest.mark.parametrize(
    "raised",
    [
        GROUP + HANDLED + GROUP,
        GROUP + CAUSED + CAUGHT,
        CAUGHT + CAUSED + GROUP,
        GROUP + CAUSED + GROUP + HANDLED + GROUP,
        CAUGHT + HANDLED + GROUP + CAUSED + CAUGHT,
    ],
)
@pytest.mark.parametrize(
    ("head", "calm", "said"),
    [
        ("", "", ""),
        ("", "2026-11-27 07:40:31,100 INFO shop: ", ""),
        ("", "2026-11-27 07:40:31,100 INFO shop: ", "2026-11-27 07:40:31,200 ERROR shop: order failed\n"),
        ("Nov 27 08:12:54 depot-2 shop[3460]: ", "", ""),
        ("Nov 27 08:12:54 depot-2 shop[3460]: ", "INFO shop: ", "ERROR shop: order failed\n"),
        ("2026-11-27T22:25:37.123456789Z stderr F ", "", ""),
    ],
)
def test_groups_of_exceptions_that_are_chained_are_one_record(head, calm, said, raised):
    quiet = "".join(f"{head}{calm}{words}\n" for words in ("order 16 paid", "cache warm", "checked 9: 0 errors"))
    failure = "".join(f"{head}{line}\n" for line in f"{said}{raised}".splitlines())
    assert found((quiet * 4 + failure + quiet + failure * 2 + quiet).encode(), 1 << 20) == [failure.rstrip()] * 3


@pytest.mark.parametrize("head", ["", "Nov 27 08:12:54 depot-2 shop[3460]: "])
def test_a_group_of_exceptions_that_nobody_caught_is_not_of_the_warning_above_it(head):
    quiet = f"{head}INFO shop: cache warm\n" * 8
    raised = (GROUP + HANDLED + GROUP).replace("in pay", "in <module>")
    failure = "".join(f"{head}{line}\n" for line in raised.splitlines())
    warning = f"{head}WARNING shop: flour below 20 kg\n"
    assert found((quiet + warning + failure + quiet).encode(), 1 << 20) == [failure.rstrip()]


OF_C = [
    "meter.cc:208: CHECK failed: sheets > 0 (-390 vs. 0)",
    "./bus/meter.cpp:17: Check failed: tap != nullptr",
    "meter.c:9: assertion failed: n < size",
    "meter.c:9: BUG in release of tap 7",
    "meter.c:9: FATAL no bus",
    "meterd: fatal error: spool 2170 is corrupt, aborting",
    "meterd: error: no counter 17",
    "meterd: panic: counter 17 runs backwards",
]


@pytest.mark.parametrize("failure", OF_C)
@pytest.mark.parametrize("head", ["", "Nov 27 08:12:54 depot-2 meterd[3460]: "])
def test_what_a_program_of_c_says_of_its_end_between_stamped_lines_is_a_record(head, failure):
    said = ("counter 17 read", "bus.cc:31: 0 errors", 'bus answered {"error":null}', "FATAL handler installed")
    quiet = "".join(f"{head}2026-11-27 22:26:07 [INFO] {words}\n" for words in said)
    log = quiet * 4 + f"{head}{failure}\n" + quiet
    assert found(log.encode(), 1 << 20) == [f"{head}{failure}"]


@pytest.mark.parametrize(
    "calm", ["bus.cc:31: CHECK of 14 counters done", "bus.cc: assertion count 7", "meterd: errors: 0"]
)
def test_a_place_of_c_in_a_line_that_says_of_no_fault_is_none(calm):
    assert found(f"2026-11-27 22:26:07 [INFO] bus.cc:31: read\n{calm}\n".encode() * 8, 1 << 20) == []


def test_text_that_perl_does_not_compile_is_an_error_behind_words_of_the_program():
    failure = "formula 1931 does not compile: syntax error at (eval 46) line 1, at EOF"
    assert found(f"{BARE * 4}{failure}\n{BARE}".encode(), 1 << 20) == [failure]


def test_a_bare_line_that_says_why_something_cannot_be_done_is_an_error():
    failure, calm = "ward 3 cannot be supplied: tap 7 is dry", "ward 3 cannot be supplied\nit cannot be 9: 8 at most\n"
    assert found(f"{(BARE + calm) * 4}{failure}\n{BARE}".encode(), 1 << 20) == [failure]


COMPILED = [
    "Useless use of sqrt in void context at pay.pl line 78.",
    'Name "main::tax" used only once: possible typo at pay.pl line 7.',
    "Subroutine charge redefined at Pay.pm line 31.",
    "Scalar value @rates[0] better written as $rates[0] at pay.pl line 9.",
    "Statement unlikely to be reached at pay.pl line 40.",
    "Found = in conditional, should be == at pay.pl line 12.",
    "Possible precedence issue with control flow operator at pay.pl line 12.",
    'Unquoted string "paid" may clash with future reserved word at pay.pl line 3.',
    '"my" variable $slip masks earlier declaration in same scope at pay.pl line 5.',
    "Prototype mismatch: sub main::charge ($) vs none at pay.pl line 31.",
]


@pytest.mark.parametrize("warning", COMPILED)
@pytest.mark.parametrize("head", ["", "Nov 27 08:12:54 depot-2 payd[3460]: "])
def test_what_perl_warns_of_as_it_compiles_is_no_failure(head, warning):
    quiet = "".join(f"{head}{said}\n" for said in (warning, "payroll started", "slip 9 sent", "cache warm, errors=0"))
    failures = [f"{head}{died}" for died in ("no rate for 17 at pay.pl line 9.", "Possible fraud at pay.pl line 12.")]
    log = "".join(quiet + f"{failure}\n" for failure in failures) + quiet
    assert found(log.encode(), 1 << 20) == failures


RAILS = "F, [2026-11-27T22:37:16.760382 #4425] FATAL -- : "
TAGGED = """\
{tags} {blanks}
{tags} Stock::Missing (no slip
for 17 & 18):
{tags} {blanks}
{tags} stock.rb:98:in `Integer'
{tags} stock.rb:138:in `<main>'
"""


@pytest.mark.parametrize("size", [1 << 20, pytest.param(97, marks=pytest.mark.slow)])
@pytest.mark.parametrize("tags", ["[5b4073ca-41ad-4c10]", "[50407312-4123-4c10]", "[17] [10.0.4.83] [worker 2]"])
@pytest.mark.parametrize("head", ["", "Nov 27 08:12:54 depot-2 shop[3460]: "])
def test_lines_below_an_error_that_begin_with_the_tags_of_its_message_are_its_own(head, tags, size):
    said = (f"{tags} Started GET", f"{tags} cache warm, 0 errors", "[8f] [10.0.4.9] Completed 200 OK")
    quiet = "".join(f"{head}I, [2026-11-27T22:37:16.760277 #4425]  INFO -- : {words}\n" for words in said)
    log, failures = quiet * 4, []
    for blanks in ("  ", ""):
        raised = (RAILS + TAGGED.format(tags=tags, blanks=blanks)).splitlines()
        failures.append("\n".join(head + line for line in raised))
        log += f"{failures[-1]}\n{quiet}"
    assert found(log.encode(), size) == failures


def test_lines_with_the_tags_of_a_calm_line_above_are_no_failure():
    calm = "I, [2026-11-27T22:37:16.760277 #4425]  INFO -- : [17] Started GET\n[17] GET error page, 0 errors\n"
    failure = f"{RAILS}[18] no slip\n[18] shelf 9 is empty"
    assert found(f"{calm * 4}{failure}\n{calm}".encode(), 1 << 20) == [failure]


SEMANTIC = "2026-11-27 22:37:18.863597 {} [4120:puma 003] Shop -- {}\n"
UNCAUGHT_RUBY = """\
shop.rb:88:in `rescue in book': slip of 17 cannot be booked (SlipError)
	from shop.rb:85:in `book'
	from shop.rb:138:in `<main>'
"""
GIVEN_RUBY = """\
slip not found -- Exception: NoMethodError: undefined method `name' for nil:NilClass

  caught('slip not found') { nil.name },
                                ^^^^^
shop.rb:96:in `block in <main>'
shop.rb:138:in `<main>'
"""


@pytest.mark.parametrize("size", [1 << 20, pytest.param(97, marks=pytest.mark.slow)])
@pytest.mark.parametrize("head", ["", "Nov 27 08:12:54 depot-2 shop[3460]: "])
@pytest.mark.parametrize("calm", ["I", "D", "W"])
@pytest.mark.parametrize(
    "failure",
    [
        UNCAUGHT_RUBY,
        SEMANTIC.format("E", GIVEN_RUBY.rstrip()),
        SEMANTIC.format("E", "import failed, rejected rows:\n    row 3: no age"),
        SEMANTIC.format("F", "database is gone"),
    ],
)
def test_a_level_of_one_letter_behind_the_time_is_one_before_the_process_in_brackets(failure, calm, head, size):
    said = [*(SEMANTIC.format(level, "no errors found") for level in "IDW"), SEMANTIC.format(calm, "slip 9 booked")]
    quiet, failure = ("".join(f"{head}{line}\n" for line in text.splitlines()) for text in ("".join(said), failure))
    assert found((quiet * 4 + failure + quiet).encode(), size) == [failure.rstrip()]


FRAMES_OF_GLOG = """\
    @     0x7f8280149cfe (unknown)
    @     0x558bf65cb529 meter::read()
    @     0x558bf65cb461 _start
"""
SIGNALLED = (
    """\
*** Aborted at 1795828360 (unix time) try "date -d @1795828360" if you are using GNU date ***
PC: @                0x0 (unknown)
*** {} (@0x4) received by PID 21131 (TID 0x7f8280081e40) from PID 4; stack trace: ***
"""
    + FRAMES_OF_GLOG
)
OF_ABSEIL = "*** SIGFPE received at time=1795771213 on cpu 3 ***\nPC: @     0x7f22a8eec  (unknown)  raise\n"
OF_FOLLY = (
    "*** Aborted at 1795771213 (Unix time, try 'date -d @1795771213') ***\n*** Signal 11 (SIGSEGV) (0x4) received by"
    " PID 17 (pthread TID 0x7f) (linux TID 17) (code: address not mapped to object), stack trace: ***\n"
)
FATAL = "F20261126 23:55:04.772500 21514 meter.cc:123] Check failed: n > 0 (-3 vs. 0)\n"
CHECKED = f"{FATAL}*** Check failure stack trace: ***\n{FRAMES_OF_GLOG}"
CAUGHT_IN_C = """\
Caught signal {}, backtrace:
./meterd(+0x3549)[0x560be025c549]
/lib/x86_64-linux-gnu/libc.so.6(+0x3c050)[0x7f4cc265a050]
./meterd(main+0xb07)[0x55ba08213c0f]
"""
GLOG = "{}20261126 23:55:04.772466 21514 meter.cc:123] reading of 14 counters, errors=0"
JOURNAL = "Nov 27 08:12:54 depot-2 meterd[3460]: "


@pytest.mark.parametrize("size", [1 << 20, pytest.param(61, marks=pytest.mark.slow)])
@pytest.mark.parametrize("head", ["", JOURNAL])
@pytest.mark.parametrize("level", ["I", "W", "E"])
@pytest.mark.parametrize(
    "failure",
    [
        SIGNALLED.format("SIGSEGV"),
        OF_ABSEIL + FRAMES_OF_GLOG,
        OF_FOLLY + FRAMES_OF_GLOG,
        FATAL + SIGNALLED.format("SIGABRT"),
        CHECKED + SIGNALLED.format("SIGABRT"),
        "terminate called without an active exception\n" + SIGNALLED.format("SIGABRT"),
    ],
)
def test_what_the_handlers_of_glog_and_its_like_say_of_a_signal_is_one_record(failure, level, head, size):
    failure = "".join(f"{head}{line}\n" for line in failure.splitlines())
    quiet, last = f"{head}{GLOG.format('I')}\n", f"{head}{GLOG.format(level)}"
    expected = [last] * (level == "E") + [failure.rstrip()]
    assert found((quiet * 8 + (last + "\n" + failure) * 2 + quiet).encode(), size) == sorted(
        expected * 2, key=expected.index
    )


def test_a_signal_with_which_a_program_is_only_asked_to_end_is_no_failure():
    asked = SIGNALLED.format("SIGTERM") + "*** SIGHUP received, reading the configuration ***\n"
    relays = "".join(f"{JOURNAL}{line}\n" for line in (GLOG.format("I") + "\n" + asked).splitlines())
    for log in (LETTERS + asked + LETTERS, BARE + asked + BARE, relays * 4):
        assert found(log.encode(), 1 << 20) == []


def test_two_signals_are_two_faults_and_each_is_named_to_whom_it_is_told():
    log = LETTERS + SIGNALLED.format("SIGSEGV") + SIGNALLED.format("SIGBUS") + LETTERS
    assembler = Assembly().stretch(0, 0, 0, log.encode()[:SAMPLE])
    assembler.feed(log.encode())
    assembler.finish(final=True)
    assert [s.headline[:12] for s in assembler.take().sightings] == ["*** SIGSEGV ", "*** SIGBUS ("]


@pytest.mark.parametrize("size", [1 << 20, pytest.param(61, marks=pytest.mark.slow)])
@pytest.mark.parametrize("signal", ["11 (Segmentation fault)", "8 (Floating point exception)"])
@pytest.mark.parametrize("level", ["INFO", "WARN", "ERROR"])
@pytest.mark.parametrize("head", ["2026-11-28 01:12:41 meterd[21150] ", JOURNAL])
def test_a_signal_that_a_program_has_caught_is_none_of_the_line_above(head, level, signal, size):
    failure = CAUGHT_IN_C.format(signal)
    failure = "".join(f"{head}{line}\n" for line in failure.splitlines()) if head == JOURNAL else failure
    quiet, last = f"{head}INFO counter 9 read\n", f"{head}{level} counter 9 is slow"
    expected = [last] * (level == "ERROR") + [failure.rstrip()]
    assert found((quiet * 6 + last + "\n" + failure + quiet * 4).encode(), size) == expected


OF_TRACING = [
    "ERROR shop::slip: printer out of paper",
    "ERROR shop::slip: slip 17 not booked\nCaused by:\n    0: calling the bank\n    1: no route (os error 113)",
    "Error: run aborted\nCaused by:\n    0: could not book slip 17\n    1: no price for tea",
    (
        "thread 'book-1' (22569) panicked at src/main.rs:238:36:\nno price for tea\nstack backtrace:\n"
        "   0: core::panicking::panic_fmt\n             at /rustc/5980/library/core/src/panicking.rs:80:14\n"
        "note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace."
    ),
    "thread 'main' (22566) has overflowed its stack\nfatal runtime error: stack overflow, aborting",
]


@pytest.mark.parametrize("size", [1 << 20, pytest.param(97, marks=pytest.mark.slow)])
@pytest.mark.parametrize("calm", [" INFO shop::slip: slip 16 booked", " WARN shop::till: till 3 is slow, errors=0"])
@pytest.mark.parametrize(
    "head", ["", "Nov 27 08:12:54 depot-2 shop[3460]: ", "2026-11-27T22:25:37.123456789Z stderr F "]
)
def test_a_level_that_is_padded_by_a_blank_begins_a_line_of_its_own(head, calm, size):
    quiet = "".join(f"{head}{line}\n" for line in (calm, "DEBUG shop::till: 9 waiting", calm))
    failures = ["\n".join(head + line for line in raised.splitlines()) for raised in OF_TRACING]
    log = quiet * 4 + "".join(f"{failure}\n{quiet}" for failure in failures * 2)
    assert sorted(found(log.encode(), size)) == sorted(failures * 2)
    assert sorted(found(log.replace(quiet, f"{head}{calm}\n" * 4).encode(), size)) == sorted(failures * 2)


PLACED = "shop.rb:92:in `rescue in book'\nshop.rb:89:in `book'\nlib/till.rb:7:in `<main>'"


@pytest.mark.parametrize("size", [1 << 20, pytest.param(97, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "raised", ["SlipLost: slip of 17 is gone", "Errno::ECONNREFUSED: Connection refused - connect(2)"]
)
@pytest.mark.parametrize("head", ["", "Nov 27 08:12:54 depot-2 shop[3460]: "])
def test_what_ruby_raised_of_any_class_is_given_below_an_error_and_above_relative_places(head, raised, size):
    calm = ("INFO: slip 16 booked", "DEBUG: 3 slips waiting, errors=0", "WARN: till 3 is slow")
    quiet = "".join(f"{head}{said}\n" for said in calm)
    uncaught = "shop.rb:99:in `Integer': invalid value (SlipLost)\n\tfrom shop.rb:166:in `<main>'"
    given, alone = f"ERROR: Slip 17 not written\n{raised}\n{PLACED}", "ERROR: Slip 17 not written"
    uncaught, given, alone = (
        "".join(f"{head}{line}\n" for line in text.splitlines()) for text in (uncaught, given, alone)
    )
    log, behind = quiet * 4 + uncaught + quiet * 20, quiet * 20
    assert found((log + given + behind).encode(), size) == [uncaught.rstrip(), given.rstrip()]
    # With its trace and without it is the same fault, of which the first record is shown.
    of_one_fault = [alone.rstrip()] * 4
    assert found((log + (alone + quiet + given + quiet) * 2 + behind).encode(), size) == [
        uncaught.rstrip(),
        *of_one_fault,
    ]


THROWN = "Booking of S17 failed: SlipRefused: slip S17 refused: no name\n    at Job.book (/srv/shop.js:113:22)"
NO_MEMORY = "memory allocation of 70368744200346 bytes failed\nnote: run with `RUST_BACKTRACE=1` environment variable"


@pytest.mark.parametrize("size", [1 << 20, pytest.param(97, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("first", "second"),
    [("Error: Lost lock on queue till-5, exiting", THROWN), ("error: could not total slip 17: no price", NO_MEMORY)],
)
def test_an_error_in_one_bare_line_takes_no_ordinary_ones_with_the_next_failure(first, second, size):
    said = ("Worker {} ready", "Queued slip on till {}", "warning: till {} is slow", "total of {} is 9.50", "9 mailed")
    quiet = "".join(f"{line.format(number)}\n" for number in (3, 4) for line in said)
    log = quiet * 4 + f"{first}\nWorker 9 ready\nwarning: till 4 is slow\n{second}\n{quiet}"
    assert found(log.encode(), size) == [first, second]


OF_JAVA = "java.time.DateTimeException: no such day: 31.4.\n\tat org.shop.Slip.read(Slip.java:17)\n\t... 3 more"
OF_SHOP = "org.shop.Till$SlipException: slip 17 is lost\n\tat org.shop.Till.main(Till.java:9)"
SAID = ("Worker {} ready", "Queued slip on till {}", "Till {} is slow", "total of {} is 9.50", "{} mailed, 0 failed")


@pytest.mark.parametrize("size", [1 << 20, pytest.param(97, marks=pytest.mark.slow)])
@pytest.mark.parametrize("head", ["", "Nov 27 08:12:54 depot-2 shop[3460]: "])
def test_what_went_wrong_in_words_belongs_to_the_trace_that_is_printed_below(head, size):
    quiet = "".join(f"{head}{line.format(number)}\n" for number in (3, 4) for line in SAID)
    words = (
        "Slip 17 has an unusable date",
        "The list of tills is missing.",
        "Prices could not be mapped",
        "Booking failed, slip goes back to the queue",
    )
    whole = [f"{line}\n{raised}" for raised in (OF_JAVA, OF_SHOP) for line in words]
    whole += ["Start-up failed: the bank is closed\n" + OF_JAVA, "Slip 17 could not be sent: none left\n" + OF_SHOP]
    whole += ["Prices could not be mapped\n" + CAUGHT.rstrip()]
    expected = ["".join(f"{head}{line}\n" for line in record.splitlines()).rstrip() for record in whole]
    log = quiet * 4 + "".join(f"{record}\n{quiet}" for record in expected)
    assert sorted(found(log.encode(), size)) == sorted(expected)


@pytest.mark.parametrize("size", [1 << 20, pytest.param(97, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "above", [*SAID, "Nothing is missing", "No slip is invalid", "Till {} is open, 0 slips failed"]
)
def test_an_ordinary_line_is_none_of_the_trace_that_is_printed_below(above, size):
    quiet = "".join(f"{line.format(number)}\n" for number in (3, 4) for line in SAID)
    log = quiet * 4 + "".join(f"{above.format(4)}\n{raised}\n{quiet}" for raised in (OF_JAVA, OF_SHOP))
    assert found(log.encode(), size) == [OF_JAVA, OF_SHOP]


def test_a_failure_of_one_line_takes_no_trace_of_another_runtime_that_names_its_own():
    quiet = "".join(f"{line.format(number)}\n" for number in (3, 4) for line in SAID)
    failed, thrown = (
        "Booking failed: till 4 is closed",
        "TypeError: slip is not iterable\n    at book (/srv/shop.js:9:2)",
    )
    assert found((quiet * 4 + f"{failed}\n{thrown}\n" + quiet).encode(), 1 << 20) == [failed, thrown]


STOPPED = (
    "could not book slip 17: SlipLost: slip 17 is gone\n    at book (/srv/shop.js:9:2)\n    at main (/srv/shop.js:4:1)"
)


@pytest.mark.parametrize("size", [1 << 20, pytest.param(97, marks=pytest.mark.slow)])
def test_a_bare_error_takes_no_ordinary_lines_with_a_failure_that_names_what_was_raised(size):
    quiet = "".join(f"{line.format(number)}\n" for number in (3, 4) for line in SAID)
    error = "Error: slip 17 not sent: timeout"
    log = quiet * 4 + f"{error}\nWorker 9 ready\nTill 9 is slow\n{STOPPED}\n{quiet}"
    assert found(log.encode(), size) == [error, STOPPED]


@pytest.mark.parametrize("size", [1 << 20, pytest.param(97, marks=pytest.mark.slow)])
@pytest.mark.parametrize("level", ["INFO", "WARNING", "ERROR"])
@pytest.mark.parametrize("sanitizer", ["Address", "UndefinedBehavior"])
def test_what_a_sanitizer_says_of_a_signal_is_none_of_the_line_above(sanitizer, level, size):
    failure = (
        f"{sanitizer}Sanitizer:DEADLYSIGNAL\n"
        + "=" * 65 * (sanitizer == "Address")
        + (
            f"\n==22==ERROR: {sanitizer}Sanitizer: SEGV on unknown address 0x000000000014 (pc 0x55aad0cc28bd T0)\n"
            "    #0 0x55aad0cc28bd in book(Slip*) /srv/shop/till.cc:15\n\n"
            f"SUMMARY: {sanitizer}Sanitizer: SEGV /srv/shop/till.cc:15 in book(Slip*)\n==22==ABORTING"
        ).removeprefix("\n" if sanitizer != "Address" else "")
    )
    quiet, last = "2026-11-28 01:33:34 INFO till: slip 16 booked\n", f"2026-11-28 01:33:34 {level} till: belt 3 is full"
    expected = [last] * (level == "ERROR") + [failure]
    assert found((quiet * 6 + f"{last}\n{failure}\n" + quiet * 4).encode(), size) == expected


@pytest.mark.parametrize("size", [1 << 20, pytest.param(97, marks=pytest.mark.slow)])
@pytest.mark.parametrize("said", ["Critical: the list of slips is gone, stopping", "Severe: no printer"])
def test_a_level_that_php_writes_in_words_behind_the_time_states_an_error(said, size):
    head = "[28-Nov-2026 01:37:21 UTC] "
    failed = f"{head}PHP Fatal error:  Uncaught SlipLost: none in /srv/shop.php:9\nStack trace:\n#0 {{main}}"
    quiet = f"{head}Slip 16 booked\n{head}Critical: 0\n"
    log = quiet * 4 + f"{failed}\n{quiet}{head}{said}\n{quiet}"
    assert found(log.encode(), size) == [failed, head + said]
