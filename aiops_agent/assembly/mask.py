"""What changes from one occurrence of a fault to the next is replaced by a sign of its kind.

How many digits a number has never matters here: lines that differ in digits only have one masked form, whatever those
are, if the digits that `kept` returns are equal. `shapes` relies on it to know a form it has seen before.
"""

from collections.abc import Callable
from functools import cache
from itertools import chain

import re2

from aiops_agent.assembly.lines import ZEROS

_ZERO = ord("0")

_DEVICES = (
    r"sd[a-z]{1,2}\d*|nvme\d+(?:c\d+)?n\d+(?:p\d+)?|nvme\d+|xvd[a-z]+\d*|vd[a-z]\d*|hd[a-z]\d*|md\d+|dm-\d+|loop\d+"
    r"|mmcblk\d+(?:p\d+)?|nbd\d+|drbd\d+|zd\d+|sr\d+|ata\d+(?:\.\d+)?|eth\d+|en[opsx]\d+\w*|wlan\d+|wlp\d\w*|wwan\d+"
    r"|bond\d+|br\d+|ib\d+|tun\d+|tap\d+|vlan\d+|docker\d+|tty\w*\d+"
)
_CODES = (
    r"\bSQLSTATE[ =:\[(]{0,3}[0-9A-Z]+\b|(?i:\berrno[ =:\]]{0,3}-?\d+)|\b(?:os|returned|got|failed with) error:? -?\d+"
    r"|\berror[ =(]-?\d+|\bERROR \d+ \([0-9A-Z]+\)|\bcurl: \(\d+\)|\bXid[^,\n]{0,40}: \d+"
    r"|(?i:\b(?:status|code|signal|rc|exit|exited|alert number)\b(?: code| status)?['\"]?[ =:(]{0,3}-?\d+\b)"
    r"|(?i:\b(?:hresult|error code)['\"]?[ =:(]{0,3}\d+x[0-9a-f]+\b)"
    r"|\bHTTP(?:/\d+(?:\.\d+)?)?['\"]?[ =:(]{0,3}\d+\b|\b(?:ORA|TNS|PLS|SP|RMAN|CRS|MY|IM)-\d+\b|\bAH\d+\b"
    r"|\b(?:error|warning)\[[A-Z]?\d+\]"
)
# How far these look ahead is bounded: else each of many matches in one long word would look to its end.
_PORTS = (
    r"(?i:\blisten (?:tcp|udp)\d? \S{0,60}:\d+"
    r"|\bbind(?:\(\)|ing)?(?: to| on)?(?: (?:port|address|socket))? \S{0,60}\d\b"
    r"|\baddress already in use[ :(-]{1,4}\S{0,60}\d\b|\bport:? \d+ (?:was|is) already in use)"
)
_UNITS = r"\b[\w.:\\-]{1,60}(?:@[\w.:\\-]{0,60})?\.(?:service|socket|timer|mount|target|swap)\b"
_KEEP = rf"\b(?:{_DEVICES})\b|{_CODES}"
_ESCAPED = r"\\u[0-9a-fA-F]{4}"
"""How JSON may spell any letter: digits of a letter are no number."""

_KEPT_IF = (
    (_PORTS, (b"bind", b"ten tcp", b"ten udp", b"already in u"), True),
    (_UNITS, (b".service", b".socket", b".timer", b".mount", b".target", b".swap"), False),
    (_ESCAPED, (b"\\u",), False),
)
"""What can match only a text that holds one of these words, and whether capitals match too. Where they do, the words
have no s and no k: Unicode has more than one capital of those."""

_MONTHS = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_POD = r"bcdfghjklmnpqrstvwxz\d"
"""What Kubernetes makes random names of: no vowels, so that they spell nothing."""

_NUMBER = r"[-+]?\d+(?:[.,:]\d+)*(?:ns|us|µs|ms|s|m|h|kB|KB|KiB|MB|MiB|GB|GiB|B|%)?"
_KNOWN = (
    rf"(?P<keep>{_KEEP})|(?P<port>{_PORTS})|(?P<unit>{_UNITS})"
    r"|(?P<uuid>\b[0-9a-fA-F]+(?:-[0-9a-fA-F]+){4}\b)"
    r"|(?P<ip>(?:::ffff:)?\b\d+(?:\.\d+){3}(?::\d+)?\b|\[?\b[0-9a-fA-F]+(?::[0-9a-fA-F]*){3,7}\b\]?(?::\d+)?)"
    r"|(?P<time>\d+[-/]\d+[-/]\d+(?:[T ]\d+:\d+(?::\d+(?:[.,]\d+)?)?)?(?: ?(?:Z\b|UTC\b|GMT\b|[+-]\d+(?::\d+)?))?"
    rf"|\b\d+:\d+:\d+(?:[.,]\d+)?\b|\b\d+[-/]{_MONTHS}[-/]\d+(?::?\s?\d+:\d+:\d+)?|\b{_MONTHS} {{1,2}}\d+\b)"
    r"|(?P<host>\b(?:host|hostname|instance|node)=\S+)"
    r"|(?P<path>/(?:tmp|var/tmp|var/folders|dev/shm|run/user|proc)/[^\s'\",;:)\]]+)"
    r"|(?P<home>/(?:home|Users)/[^/\s'\",;:)\]]+)"
    r"|\b(?P<user>(?i:invalid|illegal|unknown|for) user [\w.-]+|Failed password for [\w.-]+ from)"
    r"|(?P<made_up>\$\$Lambda(?:[$/.](?:\d+x[0-9a-f]+|\d+)\b)*|\$\$\w*CGLIB\$\$[0-9a-f]+|::h[0-9a-f]*\d[0-9a-f]*\b)"
    r"|(?P<bundle>[.-][0-9A-Za-z_]+(?:\.chunk|\.bundle|\.min)?\.m?js\b)"
)
_RANDOM = (
    rf"|(?P<pod>-[{_POD}]*[{_POD[:-2]}][{_POD}]*(?:-[{_POD}]+)?\b|-\d+-[{_POD}]*[{_POD[:-2]}][{_POD}]*\b)"
    r"|(?P<token>\b(?:\d*[A-Za-z+_]){10,}\d*={0,2})"
)
_PLAIN = (
    r"|(?P<hex>\b\d+x[0-9a-fA-F]+\b|-?\b[0-9a-f]*(?:\d[a-f]|[a-f]\d)[0-9a-f]*\b|-?\b[0-9A-F]*(?:\d[A-F]|[A-F]\d)[0-9A-F]*\b"
    r"|\bveth[0-9a-f]+\b)"
    r"|(?P<quoted>'[^' ]*\d[^' ]*'|\"[^\" ]*\d[^\" ]*\")"
    rf"|(?P<number>{_NUMBER})"
)
_FEWEST_PARTS_OF_HEX = 3
"""`b7` may name a rack, `7f3a` names nothing."""

_FEWEST_PARTS_OF_A_POD = 4
_FEWEST_PARTS_OF_A_TOKEN = 16
_FEWEST_NUMBERS_OF_A_TOKEN = 3
_LETTERS_OF_A_WORD = r"[A-Za-z]{4}"


def mask(text: str) -> str:
    """Return `text` with numbers, addresses, times, ids and durations replaced by `<kind>`.

    What tells faults apart stays: devices (`sda1`, `eth0`), units, error numbers, SQLSTATEs, exit codes, HTTP statuses,
    and the port that somebody else has already: that is the thing fought over, like a device. Names of tables,
    columns, keys and files stay too, numbers in them apart, because what is missing is the fault. Names of people who
    try to log in do not: a thousand guessed names are one fault.
    """
    return str(_compiled(_KNOWN + _RANDOM + _PLAIN).sub(_sign, text))


def kept(text: bytes) -> tuple[bytes, ...]:
    """Return what `mask` may keep although it has digits: with `skeleton`, it settles the masked form."""
    lowered = text.lower()
    # Most texts need a fifth of the expression: to build the whole takes 2 ms. What one part finds in the midst of what
    # another has found is told as well: who is told more takes no two masked forms for one.
    needed = [
        pattern
        for pattern, words, in_any_case in _KEPT_IF
        if any(word in (lowered if in_any_case else text) for word in words)
    ]
    return tuple(chain.from_iterable(_compiled_bytes(pattern).findall(text) for pattern in (_KEEP, *needed)))


def skeleton(text: bytes) -> bytes:
    """Return `text` with each number replaced by one zero."""
    zeros = text.translate(ZEROS)
    inner = b"0".join(filter(None, zeros.split(b"0")))
    if not inner:
        return zeros[:1]
    return (b"0" if zeros[0] == _ZERO else b"") + inner + (b"0" if zeros[-1] == _ZERO else b"")


def _sign(match: "re2._Match") -> str:
    kind, text = str(match.lastgroup), str(match.group())
    if kind == "keep":
        return text
    telling = _TELLING.get(kind)
    return telling(text) if telling else f"<{kind}>"


def _parts(text: str) -> str:
    return skeleton(text.encode()).decode()


def _numbers(text: str) -> str:
    return str(_compiled(_NUMBER).sub("<number>", text))


def _port(text: str) -> str:
    """Keep the port, not the address of the host before it."""
    words = text.split(" ")
    masked = [
        _numbers(word.rpartition(":")[0]) + ":" + word.rpartition(":")[2] if ":" in word else word for word in words
    ]
    return " ".join(masked)


def _unit(text: str) -> str:
    """Keep its name, unless systemd or a person's session made it up."""
    made_up = (
        text.startswith(("run-", "user@", "session-")) or len(_parts(text)) - len(text) < -_FEWEST_PARTS_OF_A_TOKEN
    )
    return _numbers(text) if made_up else text


def _user(text: str) -> str:
    words = text.split(" ")
    return " ".join((*words[:2], "<user>")) if words[1].lower() == "user" else "Failed password for <user> from"


def _hex(text: str) -> str:
    if text.startswith("veth"):
        return "veth<hex>"
    sign, bare = ("-", text[1:]) if text[0] == "-" else ("", text)
    return f"{sign}<hex>" if len(_parts(bare)) >= _FEWEST_PARTS_OF_HEX or "x" in bare else _numbers(text)


def _pod(text: str) -> str:
    first, *second = text[1:].split("-")
    parts = _parts(first)
    is_random = "0" in parts and not parts.isdigit() and len(parts) >= _FEWEST_PARTS_OF_A_POD
    is_job = parts == "0" and bool(second) and len(_parts(second[0])) >= _FEWEST_PARTS_OF_A_POD
    return "-<pod>" if is_random or is_job else _not_random(text)


def _token(text: str) -> str:
    parts = _parts(text)
    is_random = (
        len(parts) >= _FEWEST_PARTS_OF_A_TOKEN
        and parts.count("0") >= _FEWEST_NUMBERS_OF_A_TOKEN
        and any(sign.isupper() for sign in parts)
        and any(sign.islower() for sign in parts)
    )
    return "<token>" if is_random else _not_random(text)


def _not_random(text: str) -> str:
    return str(_compiled(_KNOWN + _PLAIN).sub(_sign, text))


def _made_up(text: str) -> str:
    """Return the part of a symbol that is the same in each process and each build."""
    return "::<hash>" if text.startswith(":") else f"$${'Lambda' if 'Lambda' in text else 'CGLIB'}"


def _bundle(text: str) -> str:
    name, dot, rest = text[1:].partition(".")
    has_digit = any(sign.isdigit() for sign in name)
    return f"{text[0]}{'<hash>' if has_digit else name}{dot}{rest}"


def _quoted(text: str) -> str:
    """Keep the words of a name, not an id."""
    if _compiled(_LETTERS_OF_A_WORD).search(text):
        return text[0] + mask(text[1:-1]) + text[-1]
    return "<quoted>"


_TELLING: dict[str, Callable[[str], str]] = {
    "port": _port,
    "unit": _unit,
    "home": lambda text: text[: text.index("/", 1)] + "/<user>",
    "user": _user,
    "made_up": _made_up,
    "bundle": _bundle,
    "pod": _pod,
    "token": _token,
    "hex": _hex,
    "quoted": _quoted,
}


@cache
def _compiled(pattern: str) -> "re2._Regexp":
    return re2.compile(pattern)


@cache
def _compiled_bytes(pattern: str) -> "re2._Regexp":
    return re2.compile(pattern.encode())
