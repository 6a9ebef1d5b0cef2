"""Compressed rotations: unpacked into a file without a name, within limits that a bomb does not pass."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiops_agent.hints import IO

SUFFIXES = (".gz", ".bz2", ".xz", ".zst")
CHUNK = 262_144
MOST_UNPACKED = 256 << 20
"""Bytes a log may unpack to of which nothing was read before it was packed."""

MOST_OF_A_KNOWN_LOG = 1 << 30
"""Bytes it may unpack to when it begins like a log that was read in part: its rest is not to be lost."""

HARMLESS = 64 << 20
MOST_RATIO = 200
"""Beyond `HARMLESS` bytes, how many bytes one packed byte may give: logs give 5 to 50, a bomb of gzip 1,000."""

_XZ_MEMORY = 80 << 20
"""Bytes; `xz -9` needs 65 MiB, and a hostile header may ask for 4 GiB."""


class PackedError(Exception):
    """What is packed cannot be had; `lasting`: not before the file is changed."""

    def __init__(self, kind: str, detail: str, *, lasting: bool) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.lasting = lasting


def suffix(path: str) -> str:
    """Return the ending that says how a file is packed; empty when it is not."""
    return next((ending for ending in SUFFIXES if path.endswith(ending)), "")


def plain_name(path: str) -> str:
    """Return the path without that ending."""
    return path.removesuffix(suffix(path))


@contextmanager
def unpacked(
    descriptor: int, ending: str, size: int, *, is_known: Callable[[bytes], bool]
) -> Iterator[tuple[int, int]]:
    """Yield a descriptor of the unpacked bytes and how many they are.

    Args:
        descriptor: The packed file.
        ending: How it is packed.
        size: Its bytes.
        is_known: Tells from the first unpacked bytes whether the log was read in part before.

    Raises:
        PackedError: It is damaged, packed in a way that Python cannot undo, or unpacks to too much.
    """
    import tempfile  # most ticks unpack nothing
    import zlib

    with tempfile.TemporaryFile() as target, open(descriptor, "rb", closefd=False) as packed:
        try:
            length = _unpack(packed, target, ending, size, is_known)
        except OSError as error:
            if error.errno is not None:
                raise PackedError("unreadable", f"cannot be unpacked: {error.strerror}", lasting=False) from error
            raise _damaged(ending, error) from error
        except (EOFError, zlib.error, ValueError) as error:
            raise _damaged(ending, error) from error
        yield target.fileno(), length


def _damaged(ending: str, error: Exception) -> PackedError:
    return PackedError("unreadable", f"is no intact {ending[1:]} file: {error}", lasting=True)


def _unpack(packed: IO[bytes], target: IO[bytes], ending: str, size: int, is_known: Callable[[bytes], bool]) -> int:
    length, most = 0, MOST_UNPACKED
    for chunk in _chunks(packed, ending):
        if length == 0 and is_known(chunk):
            most = MOST_OF_A_KNOWN_LOG
        length += target.write(chunk)
        is_bomb = most == MOST_UNPACKED and length > max(HARMLESS, MOST_RATIO * size)
        if is_bomb or length > most:
            raise PackedError("refused", f"unpacks to more than {length - 1} bytes, of {size} packed", lasting=True)
    target.flush()
    return length


def _chunks(packed: IO[bytes], ending: str) -> Iterator[bytes]:
    match ending:
        case ".gz":
            import gzip

            with gzip.open(packed) as stream:
                while chunk := stream.read(CHUNK):
                    yield chunk
        case ".bz2":
            import bz2

            with bz2.open(packed) as stream:
                while chunk := stream.read(CHUNK):
                    yield chunk
        case ".xz":
            yield from _xz(packed)
        case _:
            detail = f"is packed as {ending[1:]}, which Python's own library cannot undo: let the rotation use gz or xz"
            raise PackedError("unreadable", detail, lasting=True)


def _xz(packed: IO[bytes]) -> Iterator[bytes]:
    import lzma

    data = packed.read(CHUNK)
    while data:  # one stream after the other, with NUL bytes between them
        try:
            stream = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
            while not stream.eof:
                if stream.needs_input and not data:
                    raise EOFError("it was cut short")
                if chunk := stream.decompress(data, CHUNK):
                    yield chunk
                data = packed.read(CHUNK) if stream.needs_input and not stream.eof else b""
        except lzma.LZMAError as error:
            raise ValueError(str(error)) from error
        data = (stream.unused_data or packed.read(CHUNK)).lstrip(b"\0")
