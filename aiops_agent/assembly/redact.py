"""Secrets and personal data are replaced before a text is kept, sent or classified."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import re2

_NAMES_OF_SECRETS = (
    r"pass(?:word|wd|phrase|code)?|pwd|secret|token|api[_-]?key|apikey|access[_-]?key|account[_-]?key|auth[_-]?key"
    r"|private[_-]?key|client[_-]?secret|secret[_-]?key|signing[_-]?key|encryption[_-]?key|shared[_-]?key|master[_-]?key"
    r"|session[_-]?id|sessionid|jsessionid|phpsessid|csrf|xsrf|credentials?|signature|sig|otp|pin[_-]?code|密码|口令|密钥"
)
_KEY = (
    r"(?i:(?:[\w.-]*[_.-])?(?:\w*(?:password|passwd|secret|token)|"
    + _NAMES_OF_SECRETS
    + r")(?:[_-]?(?:hash|value|id|\d+))?)"
)

_VALUE = (
    r"\\+\"[^\"\\\n]*\\+\"|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'"  # escaped, in double, in single quotes
    r"|\[redacted:\w+\]|[^\s\"',;&)}\]]+"
)
_WORD_BEFORE_A_COLON = (
    r"(?:\b(?i:(?:[\w.-]*[_.-])?(?:\w*password|passwd|passphrase|pwd|secret|\w*token|api[_-]?key|access[_-]?key"
    r"|private[_-]?key|credentials?))|密码|口令|密钥)"
)


class _Rule(NamedTuple):
    kind: str
    keywords: tuple[str, ...]
    """Lower case; without one of them in the text the pattern is not run."""

    pattern: str
    replacement: str | Callable[["re2._Match"], str] = ""
    """Empty: the whole match becomes `[redacted:kind]`."""


def redact(text: str) -> str:
    """Return `text` with every secret replaced by `[redacted:KIND]`; doing it again changes nothing.

    Error numbers, paths, addresses and class names stay: diagnosis needs them.
    """
    lowered = text.lower()
    for rule in _RULES:
        if any(keyword in lowered for keyword in rule.keywords):
            text = _compiled(rule.pattern).sub(rule.replacement or f"[redacted:{rule.kind}]", text)
    return text


@cache
def _compiled(pattern: str) -> "re2._Regexp":
    return re2.compile(pattern)


def _keep_key(match: "re2._Match") -> str:
    """Replace the value only; a value that is redacted already stays, which makes a second pass harmless."""
    key, value = match.group(1), match.group(2)
    bare = value.strip("\\\"'")
    if bare.startswith("[redacted:") and bare.endswith("]"):
        return str(match.group())
    quote = value[0] if value[:1] in ('"', "'") and value[-1:] == value[:1] and len(value) > 1 else ""
    return f"{key}{quote}[redacted:secret]{quote}"


def _plausible_word(match: "re2._Match") -> str:
    """Replace the word after `password: ` unless it is plain prose."""
    value = match.group(2)
    if value.isalpha() and value.islower() and "pass" not in match.group(1).lower() and "密" not in match.group(1):
        return str(match.group())
    return _keep_key(match)


def _header(match: "re2._Match") -> str:
    return f"{match.group(1)}[redacted:header]"


def _userinfo(match: "re2._Match") -> str:
    return f"{match.group(1)}[redacted:userinfo]@"


def _email(match: "re2._Match") -> str:
    unit_types = ("service", "socket", "timer", "target", "mount", "slice", "scope", "path")
    return str(match.group()) if match.group().rsplit(".", 1)[-1] in unit_types else "[redacted:email]"


def _card(match: "re2._Match") -> str:
    digits = [int(sign) for sign in match.group() if sign.isdigit()]
    total = sum(digits[-1::-2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return "[redacted:card]" if total % 10 == 0 else str(match.group())


def _citizen_id(match: "re2._Match") -> str:
    number = match.group()
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    check = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False)) % 11
    return "[redacted:citizen_id]" if "10X98765432"[check] == number[-1].upper() else number


def _phone(match: "re2._Match") -> str:
    return f"{match.group(1)}[redacted:phone]"


_DIGITS = tuple("0123456789")

_RULES = (
    _Rule(
        "private_key",
        ("-----begin",),
        r"(?s)-----BEGIN [A-Z0-9 ]*(?:PRIVATE KEY|CERTIFICATE)[A-Z ]*-----.*?(?:-----END [A-Z0-9 ]*-----|\z)",
    ),
    _Rule(
        "header",
        ("authorization", "cookie", "x-api-key", "x-auth-token"),
        r"(?i)((?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?|(?:set-)?cookie[\"']?\s*[:=]\s*[\"']?|x-(?:api-key|auth-token)[\"']?\s*[:=]\s*[\"']?)[^\r\n\"']+",
        _header,
    ),
    _Rule("jwt", ("eyj",), r"\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?"),
    _Rule("bearer", ("bearer ",), r"(?i)\bbearer\s+[\w.~+/=-]{8,}"),
    _Rule("slack_webhook", ("hooks.slack.com",), r"hooks\.slack\.com/[\w/-]+"),
    _Rule(
        "userinfo", ("://",), r"(://)(?:\[redacted:userinfo\]|[^\s/?#\"'<>@]*:[^\s\"'<>@]*|[^\s/?#\"'<>@]+)@", _userinfo
    ),
    _Rule("aws_key", ("akia", "asia"), r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    _Rule(
        "github_token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,})",
    ),
    _Rule("gitlab_token", ("glpat-", "glrt-", "gldt-"), r"\bgl(?:pat|rt|dt)-[\w-]{16,}"),
    _Rule("slack_token", ("xox",), r"\bxox[abeoprs]-[\w-]{8,}"),
    _Rule("stripe_key", ("_live_", "_test_"), r"\b(?:sk|rk|pk)_(?:live|test)_\w{8,}"),
    _Rule("google_key", ("aiza", "ya29.", "gocspx-"), r"\bAIza[\w-]{30,}|\bya29\.[\w-]{20,}|\bGOCSPX-[\w-]{20,}"),
    _Rule("npm_token", ("npm_",), r"\bnpm_[A-Za-z0-9]{30,}"),
    _Rule("pypi_token", ("pypi-",), r"\bpypi-[\w-]{30,}"),
    _Rule("sendgrid_key", ("sg.",), r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
    _Rule("telegram_token", (":aa",), r"\b\d{6,12}:AA[\w-]{30,}"),
    _Rule("openai_key", ("sk-",), r"\bsk-[\w-]{20,}"),
    _Rule("hashicorp_token", ("hvs.", "hvb."), r"\bhv[sb]\.[\w-]{20,}"),
    _Rule("digital_ocean_token", ("dop_v1_",), r"\bdop_v1_[0-9a-f]{40,}"),
    _Rule(
        "password_hash",
        ("$1$", "$2", "$5$", "$6$", "$y$", "$argon2"),
        r"\$(?:1|2[aby]|5|6|y|argon2id?)\$[\w./$=,+-]{20,}",
    ),
    _Rule(
        "secret",
        (
            "pass",
            "pwd",
            "secret",
            "token",
            "key",
            "sess",
            "csrf",
            "xsrf",
            "credential",
            "sig",
            "otp",
            "pin",
            "密",
            "口令",
        ),
        rf"(\b{_KEY}\\?[\"']?\s{{0,2}}(?:=|=>|:=)\s{{0,2}}|[\"']{_KEY}\\?[\"']\s{{0,2}}:\s{{0,2}}"
        rf"|--?{_KEY}[ =])({_VALUE})",
        _keep_key,
    ),
    _Rule(
        "secret",
        ("pass", "pwd", "secret", "token", "key", "credential", "密", "口令"),
        rf"({_WORD_BEFORE_A_COLON}(?::|：)\s{{0,2}})(\[redacted:\w+\]|[^\s\"',;&)}}\]]{{4,}})",
        _plausible_word,
    ),
    _Rule("email", ("@",), r"\b[\w.%+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}\b", _email),
    _Rule(
        "citizen_id",
        _DIGITS,
        r"\b[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]\b",
        _citizen_id,
    ),
    _Rule(
        "card",
        _DIGITS,
        r"\b(?:[3-6]\d{3}[ -]\d{4}[ -]\d{4}[ -]\d{1,4}|3\d{3}[ -]\d{6}[ -]\d{5}|[3-6]\d{12,15})\b",
        _card,
    ),
    _Rule(
        "phone",
        ("phone", "mobile", "tel", "msisdn", "sms", "+86", "手机", "电话"),
        r"((?i:phone|mobile|tel|msisdn|sms|手机|电话)[^\d\n]{0,12}(?:\+?86[ -]?)?|\+86[ -]?)"
        r"1[3-9]\d(?:[ -]?\d{4}){2}\b",
        _phone,
    ),
)
