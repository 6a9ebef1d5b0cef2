import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops_agent.diagnosis.condense import BRIEF, MAX_CHARACTERS, condense

JAVA = """2024-05-01 10:00:00,123 ERROR [main] c.a.Shop: start failed
java.lang.RuntimeException: could not start
\tat com.acme.Shop.start(Shop.java:12)
Caused by: java.sql.SQLException: no pool
\tat com.acme.Pool.open(Pool.java:3)
\t... 14 more
Caused by: java.net.ConnectException: Connection refused
\tat java.base/sun.nio.ch.Net.pollConnect(Native Method)"""

PYTHON = """Traceback (most recent call last):
  File "/app/a.py", line 3, in a
    open(path)
OSError: [Errno 28] No space left on device

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/b.py", line 9, in b
    raise Failed from error
app.Failed: could not save"""

PHP = """PDOException: SQLSTATE[HY000] [2002] Connection refused in /var/www/a.php:3
Stack trace:
#0 /var/www/a.php(3): PDO->__construct()
#1 {main}

Next App\\StoreException: store is closed in /var/www/b.php:7
Stack trace:
#0 {main}"""


def test_a_head_is_dropped_and_what_it_introduces_is_kept():
    assert condense("Mar  4 00:06:13 web1 nginx[811]: worker exited").text == "worker exited"
    assert condense("2024-05-01T10:00:00.123Z ERROR disk is full").text == "disk is full"
    assert condense("[  833.283537] igc 0000:03:00.0: link lost").text == "igc 0000:03:00.0: link lost"


def test_the_last_caused_by_is_the_innermost_part():
    record = condense(JAVA)
    assert record.cause == "Caused by: java.net.ConnectException: Connection refused"
    assert "pollConnect" not in record.text
    assert len(record.parts) == 3


def test_in_a_python_chain_the_first_trace_is_the_innermost():
    record = condense(PYTHON)
    assert record.cause == "OSError: [Errno 28] No space left on device"
    assert record.parts[0] == "app.Failed: could not save"


def test_source_lines_of_a_python_trace_are_dropped():
    assert "raise Failed" not in condense(PYTHON).text


def test_the_source_line_that_reads_a_setting_is_kept_because_it_names_it():
    trace = 'Traceback (most recent call last):\n  File "/app/a.py", line 3\n    os.environ["DSN"]\nKeyError: \'DSN\''
    assert condense(trace).text == "os.environ[\"DSN\"]\nKeyError: 'DSN'"


def test_the_hint_of_a_rust_panic_states_nothing():
    panic = "thread 'main' panicked at src/a.rs:3:9:\nboom\nnote: run with `RUST_BACKTRACE=1` environment variable"
    assert "RUST_BACKTRACE" not in condense(panic).text


def test_in_a_php_chain_what_follows_next_is_the_outer_exception():
    record = condense(PHP)
    assert "Connection refused" in record.cause
    assert record.parts[0].startswith("App\\StoreException")


def test_the_error_of_a_json_line_comes_after_its_message():
    record = condense('{"error":"dial tcp: i/o timeout","level":"error","msg":"cannot sync","ts":1716}')
    assert record.text == "msg: cannot sync\ndial tcp: i/o timeout"


def test_a_trace_inside_a_json_string_loses_its_frames():
    record = condense('{"message":"failed","stack":"Error: socket hang up\\n    at Socket.end (node:net:1:2)"}')
    assert record.text == "message: failed\nstack: Error: socket hang up"


def test_the_objects_of_a_json_list_are_unfolded_too():
    assert condense('{"error":{"root_cause":[{"reason":"queue is full"},{"reason":"no space"}]}}').text == (
        "reason: queue is full\nreason: no space"
    )


def test_a_truncated_json_line_is_still_unfolded():
    record = condense('{"message":"failed","stack":"Error: boom\\n    at Socket.end (node:net:1:2)\\n    at x (y.js:1')
    assert "Socket.end" not in record.text
    assert "boom" in record.text


def test_colours_are_dropped():
    assert condense("\x1b[31;1mERROR\x1b[0m no route to host").text == "no route to host"


def test_a_code_that_clickhouse_prints_is_no_register_dump():
    assert "Connection refused" in condense("x\nCode: 210. DB::NetException: Connection refused").text


def test_a_build_step_number_is_no_frame():
    assert "502 Bad Gateway" in condense("#27 pushing layers\n#27 ERROR: unexpected status: 502 Bad Gateway").text


def test_a_record_of_frames_only_is_kept_as_it_is():
    assert condense("    at Socket.end (node:net:1:2)").text == "at Socket.end (node:net:1:2)"


@given(st.text(max_size=400))
def test_whatever_is_given_something_short_comes_back(text):
    record = condense(text)
    assert record.parts
    assert len(record.text) <= 2 * len(text) + 64


def test_a_huge_record_is_cut_in_the_middle():
    record = condense("first\n" + "x y\n" * 100_000 + "last words")
    assert len(record.text) <= MAX_CHARACTERS + 10
    assert record.text.startswith("first")
    assert record.text.endswith("last words")


def test_a_lone_surrogate_from_a_json_escape_is_replaced():
    assert condense('{"msg": "bad \\ud800 byte"}').text.encode()


def test_deeply_nested_json_is_no_trouble():
    assert condense('{"a":' * 5000).text


def test_of_a_long_line_both_ends_are_kept():
    text = condense("could not sync: " + "chunk " * 1000 + ": no space left on device").text
    assert text.startswith("could not sync")
    assert text.endswith("no space left on device")


def test_a_long_json_line_is_still_read_as_json():
    record = condense('{"msg": "failed", "payload": "' + "x" * 4000 + '", "error": "connection refused"}')
    assert record.text.endswith("connection refused")


def test_in_brief_is_the_beginning_and_the_end_of_the_cause():
    brief = condense("order 7 failed\nCaused by: " + "very " * 300 + "bad disk").brief
    assert brief.startswith("order 7 failed")
    assert brief.endswith("bad disk")
    assert len(brief) <= BRIEF + 1


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("job nightly failed for user=bob password=[redacted:secret]", "job nightly failed for user=bob"),
        ('{"msg": "export failed", "password": "[redacted:secret]", "level": "error"}', "msg: export failed"),
        ("failed with 'token': '[redacted:jwt]'", "failed with"),
        ("sent [redacted:email] to nobody", "sent  to nobody"),
    ],
)
def test_what_was_taken_out_of_a_record_and_its_name_state_nothing(text, stated):
    assert condense(text).text == stated
