"""Same fault, same digits; another fault, other digits."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.assembly.fingerprint import fingerprint
from tests.assembly.other_fault import DIFFERENT
from tests.assembly.same_fault import SAME

numbers = st.integers(0, 10**9)
hosts = st.from_regex(r"[a-z]{2,8}[0-9]{0,3}", fullmatch=True)
clocks = st.tuples(st.integers(1, 28), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))


def digits(text):
    return fingerprint(text)[0]


def counted(log):
    assembler = Assembly().stretch(0, 0, 0)
    assembler.feed(log.encode())
    assembler.finish(final=False)
    return assembler.take().sightings


@settings(max_examples=50, deadline=None)
@given(hosts, hosts, clocks, clocks, numbers, numbers)
def test_host_time_process_and_numbers_do_not_matter(host, other_host, at, other_at, number, other):
    form = "Nov {:2d} {:02d}:{:02d}:{:02d} {} shop[{}]: error: order {} took {}ms, retry {}"
    one = form.format(*at, host, number, number, number, number)
    two = form.format(*other_at, other_host, other, other, other, other)
    assert digits(one) == digits(two)
    assert [s.count for s in counted(one + "\n" + two + "\n")] == [2]


@settings(max_examples=50, deadline=None)
@given(clocks, clocks, numbers, numbers)
def test_thread_and_clock_of_a_headed_line_do_not_matter(at, other_at, number, other):
    form = "2026-11-{:02d} {:02d}:{:02d}:{:02d},123 ERROR [http-nio-{}] com.acme.Pay - charge {} failed"
    assert digits(form.format(*at, number, number)) == digits(form.format(*other_at, other, other))


def told(form, first, second):
    return form.replace("@@", first), form.replace("@@", second)


def test_the_tables_are_long_enough():
    assert len(SAME) >= 100
    assert len(DIFFERENT) >= 100


@pytest.mark.parametrize(("form", "first", "second"), SAME)
def test_one_fault_has_one_fingerprint(form, first, second):
    one, two = told(form, first, second)
    assert one != two
    assert digits(one) == digits(two)


@pytest.mark.parametrize(("form", "first", "second"), DIFFERENT)
def test_two_faults_have_two_fingerprints(form, first, second):
    one, two = told(form, first, second)
    assert digits(one) != digits(two)


@pytest.mark.parametrize(("form", "first", "second"), DIFFERENT)
def test_the_memory_of_forms_does_not_merge_faults(form, first, second):
    log = "".join(
        f"2026-11-22 10:00:00 {text}\n" if text.startswith("ERROR") else text + "\n"
        for text in told(form, first, second) * 3
    )
    assert sorted(s.count for s in counted(log)) == [3, 3]


def test_line_numbers_of_frames_do_not_matter():
    form = "java.io.IOException: x\n\tat shop.A.f(A.java:{})\n\tat java.base/java.lang.Thread.run(Thread.java:{})"
    assert digits(form.format(3, 9)) == digits(form.format(14, 120))


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="abcdefgh ", min_size=1, max_size=30), st.text(alphabet="abcdefgh ", min_size=1, max_size=30))
def test_other_words_are_another_fault(one, two):
    assume(one.split() != two.split())
    assert digits(f"ERROR shop could not {one}") != digits(f"ERROR shop could not {two}")


def test_the_reason_says_why_records_are_one():
    _, reason = fingerprint("ERROR x\njava.io.IOException: y\n\tat shop.A.f(A.java:3)")
    assert reason == "exception chain java.io.IOException, frames shop.A.f A.java"
    assert fingerprint("ERROR disk 7 is full")[1] == "message shape disk <number> is full"


def overflow(calls, depth, leaf=""):
    frames = "".join(f"\tat com.acme.{calls[-at % len(calls)]}(Tree.java:{at})\n" for at in range(depth))
    return f"java.lang.StackOverflowError\n{leaf}{frames}"


@pytest.mark.parametrize("calls", [["Tree.walk"], ["Tree.walk", "Tree.left", "Tree.right"]])
def test_a_recursion_is_one_fault_however_deep_and_wherever_it_ended(calls):
    told = {digits(overflow(calls[turn:] + calls[:turn], depth)) for turn in range(3) for depth in (12, 100, 1_000)}
    told.add(digits(overflow(calls, 1_000, leaf="\tat com.acme.Leaf.size(Leaf.java:7)\n")))
    assert len(told) == 1
    assert digits(overflow(["Graph.walk"], 1_000)) not in told


def test_a_trace_that_is_cut_below_the_frames_that_count_is_the_same_fault():
    whole = overflow(["A.a", "B.b", "C.c", "D.d", "E.e", "F.f", "G.g", "H.h", "I.i", "J.j"], 10)
    assert digits(whole) == digits("\n".join(whole.split("\n")[:9]))


def test_frames_of_the_program_itself_tell_a_fault_and_those_of_libraries_do_not():
    trace = "java.io.IOException: x\n\tat {}(X.java:1)\n\tat com.acme.Pay.charge(Pay.java:3)"
    assert digits(trace.format("java.net.Socket.read")) == digits(trace.format("org.apache.http.Client.get"))
    assert digits("\n".join(trace.format("java.net.Socket.read").split("\n")[:2])) != digits(
        "\n".join(trace.format("org.apache.http.Client.get").split("\n")[:2])
    ), "where there are no others, they do"


CHAINED = """Traceback (most recent call last):
  File "/srv/shop/store.py", line 3, in load
    raise KeyError(name)
KeyError: 'rate'

{}

Traceback (most recent call last):
  File "/srv/shop/main.py", line 9, in main
    load()
  File "/srv/shop/pay.py", line 3, in charge
    raise PayError("no rate") from error
shop.pay.PayError: no rate"""


@pytest.mark.parametrize(
    "between",
    [
        "The above exception was the direct cause of the following exception:",
        "During handling of the above exception, another exception occurred:",
    ],
)
def test_a_chain_is_read_from_the_outermost_exception_to_the_innermost_and_from_the_last_call(between):
    _, reason = fingerprint(CHAINED.format(between))
    assert reason == (
        "exception chain shop.pay.PayError < KeyError, frames charge shop/pay.py, main shop/main.py, load shop/store.py"
    )


def test_the_chain_of_java_is_read_from_the_outermost_exception_to_the_innermost():
    trace = (
        "ERROR x\na.AError: 1\n\tat shop.A.f(A.java:3)\nCaused by: b.BError: 2\n\tat shop.B.g(B.java:4)\n\t... 3 more"
    )
    assert fingerprint(trace)[1] == "exception chain a.AError < b.BError, frames shop.A.f A.java, shop.B.g B.java"


GROUP = """  + Exception Group Traceback (most recent call last):
  |   File "/srv/shop/main.py", line 9, in main
  | ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/srv/shop/pay.py", line 3, in charge
    | ValueError: {}
    +------------------------------------"""


def test_the_exceptions_inside_a_group_of_python_tell_its_fault():
    assert digits(GROUP.format("no rate")) != digits(GROUP.format("no price"))
    assert digits(GROUP.format("rate 3 is gone")) == digits(GROUP.format("rate 41 is gone"))
    assert "ValueError" in fingerprint(GROUP.format("x"))[1]


def test_a_long_message_with_numbers_of_any_width_is_one_fault():
    assert digits("ERROR " + "part 7 of it, " * 400) == digits("ERROR " + "part 123456 of it, " * 400)


def test_a_reason_is_redacted_and_bounded():
    _, reason = fingerprint("ERROR login with password=hunter2xyz failed " + "word " * 10_000)
    assert "hunter2xyz" not in reason
    assert len(reason) < 300
    _, reason = fingerprint("ERROR x\n" + "".join(f"a.{'B' * 190}Error: {n}\n" for n in range(50)))
    assert len(reason) <= 600


def test_letters_that_json_spells_with_digits_tell_faults_apart():
    form = '{"level":"error","msg":"%s"}\n'
    log = (form % r"\u5931\u8d25" + form % r"\u6210\u529f" + form % r"\u6210\u8d29") * 2
    assert sorted(s.count for s in counted(log)) == [2, 2, 2]
