"""What runtimes and libraries print around what was raised: where such a record begins, and which lines are not its."""

import pytest

from aiops_agent.assembly.heads import learn
from tests.assembly.test_kinds import BARE, CAUGHT, HEADED, MIXED, STAMPED, found, relayed

RULE, DASHES = "=" * 70, "-" * 70
TESTED = f"""\
..F
{RULE}
FAIL: test_total (shop.tests.Prices.test_total)
{DASHES}
Traceback (most recent call last):
  File "/srv/shop/tests.py", line 8, in test_total
    self.assertEqual(total([3]), 4)
AssertionError: 3 != 4

{DASHES}
Ran 3 tests in 0.012s

FAILED (failures=1)
"""
PANIC = "thread 'main' (7709) panicked at src/main.rs:5{}:67:\n{}\n"
FRAMES = "stack backtrace:\n   0: std::panicking::begin_panic\n      at /rustc/5980/library/core/src/panicking.rs:75\n"
FALLEN = "thread 'main' (7709) panicked at /rustc/5980/library/core/src/panicking.rs:233:5:\nin a destructor\n"
SUITE = ":3: parser error : Opening and ending tag mismatch: suite\n</release>\n          ^\n"
NO_PLACE = "forum: post not stored\nTypeError: post(): no number in /srv/forum.php:48\nStack trace:\n#0 {main}\n"
TINY = 'Value "one" did not pass type constraint "Int" at tally.pl line 29\n    "Int" is a subtype of "Num"\n'
UNKNOWN = "failed: #<NameError: undefined `guide'\n\n  guide.name\n  ^^^^^>\n"
ASKED = "In ticket.php line 36:\n\n  Escalation failed\n\n\nIn ticket.php line 34:\n\n  No such file\n"

AROUND = {
    "unittest": (BARE, TESTED),
    "unittest between stamps": (STAMPED, TESTED),
    "a process of Python": (
        BARE,
        "Process Importer-2:\n  + Exception Group Traceback (most recent call last):\n  | E: x\n",
    ),
    "notes of an exception": (MIXED, CAUGHT + "in row 17 of prices.csv\nwhile the shop was open\n"),
    "a note above a list": (MIXED, CAUGHT + "in row 17 of prices.csv\nthe row was:\n  desk;n/a;3\n"),
    "a warning that says what threw": (
        STAMPED,
        "2026-11-27 07:40:31 WARN shop: consumer threw\n" + CAUGHT.replace("in pay", "in <module>"),
    ),
    "a panic in a destructor": (BARE, PANIC.format(1, "no tea") + PANIC.format(2, "jammed") + FRAMES + FALLEN),
    "a source of Node with words above": (
        BARE,
        "worker 3 failed: [worker eval]:1\nnull.x\n     ^\n\nTypeError: no x of null\n    at [worker eval]:1:6\n",
    ),
    "frames of Node below an empty line": (BARE, "Error: Command failed: sync\n\n    at run (/srv/a.js:3:1)\n"),
    "an error of Node named behind words": (BARE, "visit 17: AggregateError: All promises were rejected\n"),
    "an assertion of GLib": (BARE, "**\nShop:ERROR:shop.c:49:main: assertion failed (4 == 5)\nBail out! Shop:ERROR\n"),
    "libxml": (BARE, SUITE + SUITE.replace("Opening", "Other")),
    "libxml relayed": (relayed("ready") * 4, relayed(*SUITE.splitlines())),
    "a line of a file": (BARE, "./tankd:tank.conf:12: unknown key 'heatt'\n"),
    "what was not done, above a trace": (BARE, NO_PLACE),
    "what was not done, and why": (BARE, 'Mail to member 7 was not sent: Class "Printer" not found\n'),
    "a cause that Symfony shows": (BARE, ASKED),
    "a command of Symfony": (BARE, '  The option "--since" requires a value.\n'),
    "a place of Perl on its own": (BARE, 'Plugin "Enrolment" missing?\n at /usr/share/perl5/Poll.pm line 129.\n'),
    "a place of Perl at the end": (BARE, "harvest 17 not valid:\n  - field: unknown at farm.pl line 82.\n"),
    "Perl that could not import": (
        HEADED.replace("ERROR", "INFO") * 4,
        HEADED + "Can't continue after import errors at tally.pl line 36.\n",
    ),
    "a type of Perl": (BARE, TINY),
    "code that Perl evaluated": (STAMPED, 'Global symbol "$field" is not declared at (eval 46) line 1.\n'),
    "a thread of Perl": (BARE, "Thread 1 terminated abnormally: gpgv died\n"),
    "a class of Ruby called anything": (
        STAMPED,
        "SoldOut: room 9\n\tmuseum.rb:64:in `rescue in pay'\n\tmuseum.rb:1:in `run'\n",
    ),
    "frames of Ruby that are not indented": (BARE, "ticket failed: no price (TicketError)\nmuseum.rb:58:in `run'\n"),
    "an object of Ruby": (BARE, UNKNOWN),
    "a class of Java called anything": (BARE, "part 17 is missing\n\tat shop.A.b(A.java:3)\n\tat shop.A.c(A.java:4)\n"),
    "asyncio": (
        relayed("INFO:shop:ready") * 4,
        relayed("ERROR:asyncio:SSL handshake failed", "peer: ('::1', 4)"),
    ),
    "words of the system": (BARE, "./diskd: rmdir: Device or resource busy\n"),
    "a time that is up": (BARE, "milking timed out\n"),
}
"""Calm lines, and below them one failure."""


@pytest.mark.parametrize("size", [1 << 20, 61])
@pytest.mark.parametrize("kind", AROUND)
def test_what_stands_around_a_failure_is_part_of_it_and_no_more(kind, size):
    calm, failure = AROUND[kind]
    log = (calm + failure + calm.split("\n")[0] + "\n" + calm).encode()
    assert found(log, size) == [failure.rstrip()]


APART = {
    "two panics of a thread that went on": (PANIC.format(1, "no tea"), PANIC.format(2, "jammed") + FRAMES),
    "what Perl could not clean up": (
        relayed("error, code 7: drought"),
        relayed("\t(in cleanup) jammed at farm.pl line 1."),
    ),
    "a trace below a calm line that names another": (
        "2026-11-27 07:40:31 DEBUG shop: no mapper for java.lang.IllegalStateException\n",
        "java.lang.ClassCastException: no\n\tat shop.A.b(A.java:3)\n",
    ),
}


@pytest.mark.parametrize("kind", APART)
def test_what_only_stands_below_it_is_none_of_it(kind):
    first, second = APART[kind]
    assert second.rstrip() in found((STAMPED + first + second + STAMPED).encode(), 1 << 20)


@pytest.mark.parametrize(
    "calm",
    [
        "PHP Notice:  unserialize(): Error at offset 0 of 7 bytes in /srv/bakery.php on line 109\n",
        "PHP Warning:  Undefined variable $flour in /srv/bakery.php on line 111\n",
        "Warning: flour below 6174 g, ovens stop in /srv/bakery.php on line 117\n",
        'skipping tokenizer "panic", not enabled\n',
        "GET /errors: 200 was not modified: cached\n",
        "2 checks failed: 0 and 7\n",
    ],
)
def test_what_only_reads_like_a_failure_is_none(calm):
    assert found((BARE + calm + BARE).encode(), 1 << 20) == []


SUMMARY = "summary:\n  passed  118\n  errors    0\n"
FEW_BARE = "".join(
    f"2026-11-27 07:40:3{n} INFO shop: {said}\n" + (SUMMARY if n % 2 else "") + "2026-11-27 07:40:32 INFO shop: paid\n"
    for n, said in enumerate(("ready", "order accepted", "cache warm", "reloaded", "listening", "archive is open") * 2)
)


def test_a_line_that_stands_below_different_calm_lines_is_no_part_of_an_error():
    assert b"summary:" in learn(FEW_BARE.encode()).ordinary
    for size in (1 << 20, 61):
        assert found((FEW_BARE + HEADED + SUMMARY + FEW_BARE).encode(), size) == [HEADED.rstrip()]
        assert found((FEW_BARE + HEADED + "no milk either\n" + FEW_BARE).encode(), size) == [HEADED + "no milk either"]


def test_a_line_that_stands_below_one_kind_of_line_alone_goes_on_from_that():
    asked = "2026-11-27 07:40:31 DEBUG shop: query {}\nselect name from teas\nwhere left = 0\n"
    calm = "".join(STAMPED * 2 + asked.format(n) for n in range(3))
    failed = "2026-11-27 07:40:31 ERROR shop: query failed\nselect name from teas\nwhere left = 0\n"
    assert learn(calm.encode()).ordinary == frozenset()
    assert found((calm + failed + calm).encode(), 1 << 20) == [failed.rstrip()]
