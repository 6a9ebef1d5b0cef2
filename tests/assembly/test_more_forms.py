"""Two-line heads, channels, chains of messages, classes that do not say they are errors, levels of three letters."""

import pytest

from aiops_agent.assembly.assemble import Assembly

JUL = "Nov 26, 2026 7:24:58 PM shop.Orders charge\n"
CALM = "2026-11-26 19:25:15.778 [INF] cart 17 was opened\n"
FRAMES = "    at charge (/srv/till/falls.js:25:11)\n    at main (/srv/till/falls.js:49:18)\n"
CHAINED = """\
Traceback (most recent call last):
  File "/srv/till/till.py", line 41, in ask
    raise BankDown(bank)
BankDown: bank one is down
since noon

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/till/till.py", line 51, in retry
    raise OutOfTea()
OutOfTea: neither bank nor shelf
"""
LARAVEL = """\
[2026-11-22 10:01:02] production.ERROR: payment failed {"exception":"[object] (BankDown(code: 0): bank one is down)
[stacktrace]
#0 /srv/shop/pay.php(38): pay()
#1 {main}
"} []
"""


def found(text, chunk=None):
    data = text.encode()
    assembler = Assembly().stretch(0, 0, 0, data)
    for at in range(0, len(data), chunk or len(data)):
        assembler.feed(data[at : at + (chunk or len(data))])
    assembler.finish(final=True)
    return sorted((s.count, s.text) for s in assembler.take().sightings)


@pytest.mark.parametrize("chunk", [None, 1, 17, 80])
@pytest.mark.parametrize(
    "record",
    [
        JUL + "SEVERE: order 4711 failed\nshop.ChargeFailed: no\n\tat shop.Orders.charge(Orders.java:76)\n",
        JUL + "WARNING: giving up\njava.net.ConnectException: Connection refused\n\tat shop.Net.go(Net.java:5)\n",
        CHAINED,
        LARAVEL,
        "ChargeFailed: order 4711 cannot be charged\n" + FRAMES,
        "2026-11-26 19:25:15.800 [ERR] both banks are down, no Error\n",
    ],
)
def test_the_record_is_whole_and_nothing_else_is(record, chunk):
    calm = JUL + "INFO: order 1 shipped\n" if record.startswith(JUL) else CALM
    # Its secrets are none, so its text is what was written.
    assert found(calm + record + calm, chunk) == [(1, record.rstrip("\n"))]


@pytest.mark.parametrize(
    "line", ["Note: not shipped\n", "Till: order 4711, not paid\n", CALM, JUL + "INFO: not open\n"]
)
def test_a_name_before_a_colon_is_no_error_without_frames(line):
    assert found(CALM + line + CALM) == []
