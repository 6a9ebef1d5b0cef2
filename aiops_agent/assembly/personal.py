"""Data about people: told from other numbers by their check digits, or by the word before them."""

import re2

from aiops_agent.assembly.rule import Rule, sign

LONG = r"[A-Za-z0-9+/]{64}|\d{3}\)?[-. ]\d{3}[-. ]\d{4}|\d(?:[ -]?\d){10,}|\d{4}(?: ?[A-Z0-9]{4}){2,}"
"""Without one of these a text holds no line of a key, no number of a person, a card or an account."""

_UNIT_TYPES = (b"service", b"socket", b"timer", b"target", b"mount", b"slice", b"scope", b"path", b"device", b"swap")
_CITIZEN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _email(match: "re2._Match") -> bytes:
    found = bytes(match.group())
    return found if found.rsplit(b".", 1)[-1] in _UNIT_TYPES or found.startswith(b"git@") else sign("email")


def _card(match: "re2._Match") -> bytes:
    """Replace a number whose Luhn digit is right."""
    digits = [byte - 48 for byte in match.group(2) if byte in b"0123456789"]
    total = sum(digits[-1::-2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return bytes(match.group(1)) + sign("card") if total % 10 == 0 else bytes(match.group())


def _iban(match: "re2._Match") -> bytes:
    """Replace an account number whose remainder by 97 is 1 (ISO 13616)."""
    account = bytes(match.group(1)).replace(b" ", b"").decode()
    number = int("".join(str(int(letter, 36)) for letter in account[4:] + account[:4]))
    return sign("iban") if number % 97 == 1 else bytes(match.group())


def _citizen_id(match: "re2._Match") -> bytes:
    """Replace a Chinese resident identity number whose check character is right (GB 11643)."""
    number = bytes(match.group()).decode()
    check = sum(int(digit) * weight for digit, weight in zip(number, _CITIZEN_WEIGHTS, strict=False)) % 11
    return sign("citizen_id") if "10X98765432"[check] == number[-1].upper() else number.encode()


DIGITS = tuple("0123456789")
"""Keywords of what is a number and nothing else: see `LONG`."""

_CARD_NUMBERS = (
    r"4\d{3}(?:[ -]?\d{4}){3}|(?:5[1-5]\d{2}|2[2-7]\d{2})(?:[ -]?\d{4}){3}|3[47]\d{2}[ -]?\d{6}[ -]?\d{5}"
    r"|(?:6011|65\d{2}|64[4-9]\d)(?:[ -]?\d{4}){3}|3(?:0[0-5]|[68]\d)\d[ -]?\d{6}[ -]?\d{4}|35[2-8]\d(?:[ -]?\d{4}){3}"
    r"|62\d{2}(?:[ -]?\d{4}){3}(?:[ -]?\d{1,3})?"
)
_PHONE_WORDS = r"phone|mobile|\btel|telephone|msisdn|\bsms|\bfax|\bcell|手机|电话"

EMAIL = Rule("email", ("@",), r"\b[\w.%+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}\b", _email)

PERSONAL = (
    Rule(
        "citizen_id",
        DIGITS,
        r"\b[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]\b",
        _citizen_id,
    ),
    Rule(
        "citizen_id",
        ("身份证", "citizen", "id card", "idcard", "id_card"),
        r"((?i:身份证|citizen|id[_ ]?card)[^\d\n]{0,16})[1-8]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}\b",
    ),
    Rule("card", DIGITS, rf"(^|[^\w.-])({_CARD_NUMBERS})\b", _card),
    Rule("iban", DIGITS, r"\b([A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?)\b", _iban),
    Rule(
        "phone",
        ("phone", "mobile", "tel", "msisdn", "sms", "fax", "cell", "手机", "电话"),
        rf"((?i:{_PHONE_WORDS})[^\d\n]{{0,12}})\+?\(?\d{{1,4}}\)?(?:[ ./-]?\(?\d{{2,5}}\)?){{1,4}}\d\b",
    ),
    Rule(
        "phone",
        tuple(f"+{digit}" for digit in "123456789"),
        r"(^|[^\w+])\+[1-9]\d{0,2}[ -]?(?:\(?\d{1,4}\)?[ .-]?){1,4}\d{2,4}\b",
    ),
    Rule("phone", DIGITS, r"(^|[^\w.-])(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[.-])[2-9]\d{2}[.-]\d{4}\b"),
    Rule("phone", DIGITS, r"(^|[^\w.-])1[3-9]\d[ -]\d{4}[ -]\d{4}\b"),
    Rule("ssn", ("ssn", "social security"), r"((?i:ssn|social security)[^\d\n]{0,20})\d{3}[ -]?\d{2}[ -]?\d{4}\b"),
)
