"""Error lines without a secret, full of what looks like one: made up at test time."""

# ruff: noqa: E501 - a form is one line
import uuid
from collections.abc import Iterator
from random import Random

FORMS = (
    "2026-11-23 03:00:{d2},{d3} ERROR [main] shop.Orders - order {d10} failed after {d4} ms",
    "2026-11-23 03:00:{d2} ERROR worker[{d5}]: job {uuid} took {d16} us",
    "Nov 23 03:00:{d2} web01 kernel: [{d5}.{d6}] I/O error, dev sda, sector {d9} op 0x0:(READ) flags 0x{h5}",
    "Nov 23 03:00:{d2} web01 sshd[{d5}]: error: kex_exchange_identification: Connection closed by remote host",
    "ERROR: commit {h40} does not build, parent {h7}",
    "ERROR image registry.example.org/shop@sha256:{h64} not found",
    "ERROR trace_id={h32} span_id={h16} request_id={uuid} status=503",
    'java.lang.NullPointerException: Cannot invoke "com.acme.Token.value()" because "token" is null',
    "\tat com.acme.security.PasswordEncoder$Holder.match(PasswordEncoder.java:{d3})",
    '  File "/srv/shop/auth/tokens.py", line {d3}, in refresh_token',
    "    raise SessionExpired(session.user, session.key)",
    "    self.password = load_password(path)",
    "KeyError: 'session_{d2}'",
    "SyntaxError: Unexpected token < in JSON at position {d2}",
    'psql: FATAL:  password authentication failed for user "shop"',
    "ERROR 1045 (28000): Access denied for user 'shop'@'10.0.0.{d2}' (using password: YES)",
    'ERROR:  duplicate key value violates unique constraint "orders_pkey" DETAIL:  Key (id)=({d7}) already exists.',
    '2026/11/23 03:00:{d2} [error] {d4}#{d4}: *{d6} connect() failed (111: Connection refused), client: 10.0.{d2}.7, server: _, upstream: "http://127.0.0.1:8080/v1/orders/{d12}"',
    "E1123 03:00:{d2}.{d6}       1 reflector.go:138] Failed to watch *v1.Secret: secrets is forbidden",
    'level=error ts=2026-11-23T03:00:{d2}.{d3}Z caller=main.go:{d3} msg="open /var/lib/data/{h12}" err="no such file or directory"',
    "ERROR cannot open key file /etc/ssl/private/shop.key: permission denied",
    "ERROR 0x{h16} at 0x{h12} in std::vector<int>::at (/usr/lib/libshop.so.{d2}+0x{h5})",
    "goroutine {d3} [running]: main.(*Server).authToken(0xc000{h6}, 0x{h2})",
    "ERROR img data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA{b120}",
    "ERROR upload {uuid}.tar.gz checksum {h64} differs from {h64}",
    "ERROR max_tokens=4096 prompt_tokens={d4} total_tokens={d4}",
    'ERROR cache key user:{d7}:cart missed {d3} times, etag "{h32}"',
    "ERROR pool exhausted: active={d2} idle=0 waiting={d3} epoch={d13} seq={d19}",
    "ERROR order number {d4}-{d7}-{d7} was not shipped, tracking 1Z{d16}",
    "ERROR certificate serial {h2}:{h2}:{h2}:{h2}:{h2}:{h2}:{h2}:{h2} has expired",
    'type=AVC msg=audit({d10}.{d3}:{d4}): avc: denied {{ read }} for pid={d4} comm="nginx" name="key.pem" sig=11',
    "ERROR eth0: MAC {h2}:{h2}:{h2}:{h2}:{h2}:{h2} moved, ipv6 fe80::{h4}:{h4}:{h4}:{h4}",
    "ERROR integrity check failed: sha384-{b64}",
    "ERROR k8s pod shop-{h10}-{l5} in CrashLoopBackOff, node ip-10-0-{d2}-{d2}.ec2.internal",
    "npm ERR! code ERESOLVE /root/.npm/_logs/2026-11-23T03_00_{d2}_{d3}Z-debug-0.log",
    "ERROR password must be at least 12 characters",
    "ERROR Invalid token: expected string",
    "ERROR session expired: please log in again",
    "ERROR credentials not found in chain, tried environment, profile",
    "thread 'main' panicked at src/token.rs:{d2}:{d2}: called `Option::unwrap()` on a `None` value",
    "ERROR getty@tty{d1}.service: Failed with result 'exit-code'",
    "ERROR git@github.example: repository shop/api not found",
    "ERROR in /srv/node_modules/@babel/core/lib/index.js:{d3}:{d2}",
    "PWD=/srv/shop OLDPWD=/root SHLVL=1 exit status {d1}",
    "ERROR mysql -h db -P 3306 --protocol tcp: connection refused",
    "ERROR token=null password= secret=${{SECRET}}",
    "ERROR phase 2 of 7, step {d3}.{d3}.{d3}, build {d8}.{d4}, version 1.{d2}.{d2}-rc.{d1}+{h7}",
)  # fmt: skip

_SIGNS = {"d": "0123456789", "h": "0123456789abcdef", "l": "abcdefghijklmnopqrstuvwxyz0123456789"}
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def lines(number: int, random: Random) -> Iterator[str]:
    """Yield so many lines, each form as often as the next."""
    for at in range(number):
        yield _filled(FORMS[at % len(FORMS)], random)


def _filled(form: str, random: Random) -> str:
    said: list[str] = []
    for piece in form.replace("{{", "\0").replace("}}", "\1").split("{"):
        kind, closed, rest = piece.partition("}")
        if not closed:
            said.append(piece)
        elif kind == "uuid":
            said += [str(uuid.UUID(int=random.getrandbits(128))), rest]
        else:
            said += ["".join(random.choices(_SIGNS.get(kind[0], _BASE64), k=int(kind[1:]))), rest]
    return "".join(said).replace("\0", "{").replace("\1", "}")
