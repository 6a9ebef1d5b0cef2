"""Blocks hold whole lines, and know where each byte stood, whatever was left out."""

from hypothesis import given, settings
from hypothesis import strategies as st

from aiops_agent.assembly.blocks import LONGEST_LINE, Blocks

PIECES = {
    "line": b"a line\n",
    "empty": b"\n",
    "half": b"half",
    "too long": b"x" * (LONGEST_LINE + 5_000),
    "as long as can be": b"y" * LONGEST_LINE,
    "page of nuls": bytes(4_096),
    "more nuls": bytes(9_000),
    "two nuls": b"\0\0",
}
NAMES = st.lists(st.sampled_from(sorted(PIECES)), max_size=12)


def taken(chunks, start=0):
    blocks = Blocks(start)
    got = [block for chunk in chunks if (block := blocks.add(chunk))]
    last = blocks.close()
    return blocks, [*got, last] if last else got


@settings(deadline=None)
@given(NAMES, st.integers(50, 100_000), st.integers(0, 10**12))
def test_every_byte_of_a_block_stood_where_it_says(names, size, start):
    data = b"".join(PIECES[name] for name in names)
    read, blocks = taken([data[i : i + size] for i in range(0, len(data), size)], start)
    for block in blocks:
        assert block.text.endswith(b"\n")
        assert max(map(len, block.text.split(b"\n"))) <= LONGEST_LINE
        for index in {0, 1, len(block.text) // 2, len(block.text) - 2} & set(range(len(block.text) - 1)):
            place = block.places.of(index) - start
            assert data[place : place + 1] in (block.text[index : index + 1], b"")
            assert block.places.index(block.places.of(index)) <= index
    assert read.end == start + len(data)


@settings(deadline=None)
@given(st.lists(st.sampled_from([name for name in sorted(PIECES) if "nuls" not in name])), st.integers(50, 100_000))
def test_any_split_gives_the_same_lines(names, size):
    data = b"".join(PIECES[name] for name in names)
    whole, parts = taken([data]), taken([data[i : i + size] for i in range(0, len(data), size)])
    texts = [b"".join(block.text for block in blocks) for _, blocks in (whole, parts)]
    assert texts[0] == texts[1]
    assert whole[0].longest == parts[0].longest


def test_pages_of_nuls_are_left_out_and_few_are_kept():
    read, blocks = taken([b"before\n" + bytes(9_000) + b"after\n", b"\0\0end\n"])
    assert b"".join(block.text for block in blocks) == b"before\nafter\n\0\0end\n"
    assert read.binary
