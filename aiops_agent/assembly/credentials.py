"""Secrets that are known by what stands before them: a key, a header, an address, a flag, the frame of a key file."""

import re2

from aiops_agent.assembly.rule import Rule, sign

_LONG = (
    r"password|passwd|passwort|kennwort|passphrase|pass_?code|secret|token|pwd|api[_. -]?key|credentials?|creds"
    r"|(?:access|account|auth|private|secret|signing|encryption|shared|master|subscription|functions|licen[cs]e|app"
    r"|application|consumer|client|service|storage|hmac|aes|deploy|webhook|project|admin|root|session)[_.-]?key|contribsys__com"
    r"|sess(?:ion)?_?id|jsessionid|phpsessid|csrf\w{0,20}|xsrf\w{0,20}|signature|contrase(?:ñ|n)a|senha|mot_de_passe"
    r"|pre[_-]?shared[_-]?key|密码|口令|密钥|令牌|验证码|пароль|パスワード|비밀번호"
)
_WHOLE = (
    r"passw?|pw|t?otp|pin[_-]?code|auth(?:orization)?[_-]?(?:code|string)|_auth|verification[_-]?code|cvv2?|cvc|psk|jwt|bearer|sas"
    r"|community|requirepass|masterauth|ak|sk|authtok"
)
_TAIL = r"(?:[_.-]?(?:hash|value|id|old|new|confirm\w{0,8}|base64|b64|enc|encrypted|plain|text|prod|dev|test|\d{1,3}))?"
_NAME = rf"(?i:[\w.$-]*(?:{_LONG})|(?:\b|[\w.$-]*[_.-]|\\[nrt]|%[0-9A-F]{{2}})(?:{_WHOLE})){_TAIL}"
_KEY = rf"(?:{_NAME}|[a-z]Pass)"
_QUOTE = r"(?:\\*[\"'`]|%22|&quot;|&#34;)"
_VALUE = (
    r"[bBuU]'(?:[^'\\\n]|\\.)*'|[bBuU]\"(?:[^\"\\\n]|\\.)*\"|"  # as Python shows them
    r"\\+\"[^\"\n]*?\\+\"|\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'?|&quot;.*?&quot;|%22[^\s\"]*?%22|\{[^{}\n]+\}"
    r"|\[\s*[\"'][^\]\n]*\]|(?:\[redacted:\w+\]|[^\s\"',;&])+(?:[,;&](?:[^\s\"'=:,;&]+[,;&]?)+(?:\s|\z))?"
)
_WORD = r"\"(?:[^\"\\\n]|\\.)*\"?|'[^'\n]*'?|[^\s\"'-][^\s\"',;&]*"
"""A value on a command line: no other flag."""

_KEYWORDS = (
    *(
        "pass",
        "pw",
        "secret",
        "token",
        "key",
        "sess",
        "csrf",
        "xsrf",
        "cred",
        "signature",
        "otp",
        "code",
        "auth",
        "cvv",
    ),
    *("cvc", "psk", "jwt", "bearer", "sas", "community", "ak=", "sk=", "kennwort", "contrase", "senha", "密", "口令"),
    *("contribsys", "令牌", "验证码", "пароль", "パスワード", "비밀번호", "connect.sid"),
)

_PLAIN = (
    # code that reads a secret is none
    rb"[A-Za-z_]{3,}(?:\.[A-Za-z_]+)*[(\[].*|(?:self|this|os|config|settings|args|options|request)(?:\.[A-Za-z_]+)+|"
    rb"(?i)null|none|nil|undefined|true|false|yes|no|n/a|unset|empty|\(null\)|\(none\)|\$\{\w+\}|%s|\?|[*x.]+|<[\w -]+>"
    rb"|\[?\w*filtered\]?|\{\d*\}"
)
_PROSE = frozenset(
    b"a an and at authentication authorization be cannot check could denied does empty end eof expected expired failed "
    b"for field found from has have id if in incorrect invalid is it key length less line many may mismatch missing "
    b"more must need no not number of on only or password please policy read required should string such that the this "
    b"to token too type unexpected unknown use user username value verification was while with wrong you your".split()
)


def _assigned(match: "re2._Match") -> bytes:
    """Replace the value of a key, unless it says that there is none."""
    key, value = bytes(match.group(1)), bytes(match.group(2))
    name = key.rstrip(b" \t=:>\"'`\\")
    if name in (b"PWD", b"OLDPWD") and value.startswith(b"/"):
        return bytes(match.group())
    if key.endswith((b"= ", b"=\t")) and key[-3:-2].isalnum() and re2.match(rb"\w+=", value):
        return bytes(match.group())  # it has no value: what follows is the next key
    return key + _hidden(value)


def _hidden(value: bytes) -> bytes:
    """Return a value's sign between its quotes, and what closes a bracket; what is no secret comes back as it is."""
    rest = b""
    end = value[-1:] if value[-1:].isspace() else b""
    value = value.removesuffix(end)
    if value[:1] not in (b'"', b"'", b"\\"):
        while value[-1:] in (b")", b"]", b"}") and value.count(value[-1:]) > value.count(_OPENS[value[-1:]]):
            value, rest = value[:-1], value[-1:] + rest
    bare = value.strip(b"\\\"'`")
    if not bare or _plain().fullmatch(bare) or (bare.startswith(b"[redacted:") and bare.find(b"]") == len(bare) - 1):
        return value + rest + end
    quote = value[:1] if value[:1] in (b'"', b"'") and value[-1:] == value[:1] else b""
    if value.startswith(b"\\"):
        quote = b'\\"'
    return quote + sign("secret") + quote + rest + end


_OPENS = {b")": b"(", b"]": b"[", b"}": b"{"}


def _plain() -> "re2._Regexp":
    return re2.compile(_PLAIN)


def _after_colon(match: "re2._Match") -> bytes:
    """Replace what follows `password: ` unless it goes on in prose."""
    name, value = bytes(match.group(1)).lower(), bytes(match.group(2))
    word = value.rstrip(b".,:;!?)]}")
    is_word = word.isalpha() and word[1:].islower()
    if is_word and (word.lower() in _PROSE or not any(sure in name for sure in (b"pass", b"pwd", "密".encode()))):
        return bytes(match.group())
    if not any(chr(byte).isalnum() for byte in value):
        return bytes(match.group())
    return bytes(match.group(1)) + _hidden(value)


def _after_flag(match: "re2._Match") -> bytes:
    value = bytes(match.group(2))
    if value.startswith(b"-") or value.lower() in _PROSE:
        return bytes(match.group())
    return _assigned(match)


def _mixed(match: "re2._Match") -> bytes:
    """Replace a long value of `...key=` if it looks drawn at random: capitals, small letters and digits."""
    value = bytes(match.group(2))
    return bytes(match.group(1)) + sign("secret") if _is_random(value) else bytes(match.group())


def _is_random(value: bytes) -> bool:
    return value.upper() != value and value.lower() != value and any(byte in b"0123456789" for byte in value)


def _of_provider(match: "re2._Match") -> bytes:
    value = bytes(match.group(2))
    return (
        bytes(match.group(1)) + sign("secret") if any(byte in b"0123456789" for byte in value) else bytes(match.group())
    )


def _in_prose(match: "re2._Match") -> bytes:
    """Replace the word behind "password" that is no word: letters and digits."""
    value = bytes(match.group(2))
    is_word = value.isalpha() or not any(byte in b"0123456789" for byte in value) or value.startswith(b"[redacted:")
    return bytes(match.group()) if is_word or value.isdigit() else bytes(match.group(1)) + sign("secret")


def _bearer(match: "re2._Match") -> bytes:
    value = bytes(match.group(2))
    is_word = value.replace(b"_", b"").isalpha() and value.islower()
    return bytes(match.group()) if is_word or value.startswith(b"realm=") else bytes(match.group(1)) + sign("bearer")


def _data_of_secret(match: "re2._Match") -> bytes:
    lines = bytes(match.group(2))
    each = re2.compile(rb"(\n[ \t]+[\w.-]+:[ \t]*)[^\n]+")
    return bytes(match.group(1)) + bytes(each.sub(lambda line: bytes(line.group(1)) + sign("secret"), lines))


def _key_line(match: "re2._Match") -> bytes:
    line = bytes(match.group(2))
    return bytes(match.group(1)) + sign("private_key") if _is_random(line) else bytes(match.group())


_BEGIN = r"-{4,5} ?BEGIN [A-Z0-9 ]*(?:PRIVATE KEY|CERTIFICATE)[A-Z ]*-{4,5}"
_END = r"-{4,5} ?END [A-Z0-9 ]*(?:PRIVATE KEY|CERTIFICATE)[A-Z ]*-{4,5}"

FRAMES = (
    Rule("private_key", ("-begin ", "- begin "), rf"(?s){_BEGIN}.*?{_END}"),
    # A block that was cut has no end, and what prose says of one has no lines of a key below it.
    Rule("private_key", ("-begin ", "- begin "), rf"(?s){_BEGIN}.{{0,300}}?[A-Za-z0-9+/]{{40,}}.*\z"),
    Rule("private_key", ("-begin ", "- begin "), rf"{_BEGIN}(?:\s|\\[nr])*[A-Za-z0-9+/=]*(?:\s|\\[nr])*\z"),
    # A block that began in an earlier record.
    Rule(
        "private_key",
        ("-end ", "- end "),
        r"((?:\A|[\s\"']))(?:[A-Za-z0-9+/=]{16,76}(?:\s|\\+[nr])+)*(?:[A-Za-z0-9+/=]{1,76}(?:\s|\\+[nr])+)?" + _END,
    ),
    Rule(
        "private_key",
        ("putty-user-key", "private-lines:"),
        r"(?s)(?:PuTTY-User-Key-File-|Private-Lines: ).*?(?:Private-MAC: [0-9a-f]+|\z)",
    ),
    Rule("jwk", ('"kty"', r"\"kty"), r"(\\?\"(?:d|p|q|dp|dq|qi|k)\\?\"\s*:\s*\\?\")[\w-]{16,}"),
    Rule(
        "secret",
        ("kind: secret", 'kind: "secret'),
        r"(?i)((?:\A|\n)[ \t]*(?:string)?data:[ \t]*)((?:\n[ \t]+[\w.-]+:[ \t]*[^\n]+)+)",
        _data_of_secret,
    ),
    Rule("secret", ('"kind":"secret"', '"kind": "secret"'), r"(\"(?:string)?[dD]ata\"\s*:\s*)\{[^{}]*\}"),
    Rule(
        "cookie",
        ("cookie",),
        r"(?i)((?:set-)?cookie2?(?:\\?[\"'])?\s*(?:[:=]|=>)\s*(?:\\?[\"']|\[)?)[^\s;,\"'=\[]+=(?:[^\s;\"'\\\]]+(?:;\s*[^\s;\"'\\\]]+)*)",
    ),
    Rule(
        "header",
        ("authorization",),
        r"(?i)((?:proxy-|http_|x-)*authorization(?:\\*[\"'])?\]?\s*(?:[:=]|=>)\s*)"
        r"(?:\[redacted:\w+\]"
        r"|\\+\"[^\"\r\n]*?\\+\"|\[?\"(?:[^\"\\\r\n]|\\.)*\"\]?|\[?'[^'\r\n]*'\]?|\[[^\]\r\n]*\]"
        r"|(?:basic|bearer|token|negotiate|ntlm|apikey|api-key|splunk|key)\s+[^\s\"'\\]+"
        r"|(?:=\s?\"[^\"\r\n]*\"|[^\r\n\"'\\])+)",
    ),
    Rule("jwt", ("eyj",), r"eyJ[\w-]{8,}(?:\.[\w-]*){1,4}"),
    Rule("bearer", ("bearer",), r"(?i)(\bbearer(?:\s|%20|\+)+)([\w.~+/=-]{8,})", _bearer),
    Rule(
        "basic",
        ("basic ", "negotiate ", "ntlm ", "basic%20"),
        r"((?i:\b(?:basic|negotiate|ntlm)(?: |%20)))"
        r"(?:[A-Za-z]*[0-9+/][A-Za-z0-9+/]{6,}={0,2}|[A-Za-z0-9+/]{10,}={1,2}|[A-Za-z]*[a-z][A-Z]\w{8,})",
    ),
    Rule("secret", ("digest ", "response="), r"((?i:\b(?:response|cnonce)=\"?))[0-9a-f]{16,}"),
    Rule(
        "userinfo",
        (":/", ":\\/", "%3a%2f"),
        r"(:(?:\\?/){2}|%3A%2F%2F)(?:[^\s/?#\"'<>@:\\]*:[^\s/?#\"'<>]*"
        r"|[^\s/?#\"'<>@:]*:(?:[^\d\s\"'<>][^\s\"'<>]*|\d{1,5}[^\d/?#\s\"'<>][^\s\"'<>]*|\d{6,}[^\s\"'<>]*)|[^\s/?#\"'<>@]+)(?:@|%40)",
        lambda match: bytes(match.group(1)) + sign("userinfo") + (b"@" if match.group()[-1:] == b"@" else b"%40"),
    ),
    Rule(
        "secret",
        ("@tcp(", "@unix("),
        r"([\s\"'=]\w[\w.-]*:)[^\s\"']+(?:@(?:tcp|unix)\()",
        lambda m: bytes(m.group(1)) + sign("secret") + bytes(m.group()[m.group().rfind(b"@") :]),
    ),
    Rule("secret", ("jdbc:oracle", "sqlplus"), r"((?:jdbc:oracle:\w+:|sqlplus\s+(?:-\S+\s+)*)\w+/)[^\s@\"']+"),
    Rule(
        "password_hash",
        ("$1$", "$2", "$5$", "$6$", "$7$", "$y$", "$gy$", "$argon2", "$apr1$", "$scrypt$", "$pbkdf2"),
        r"\$(?:1|2[abxy]?|5|6|7|g?y|apr1|scrypt|pbkdf2[\w-]*|argon2(?:id|i|d))\$[\w./$=,+-]{20,}",
    ),
    Rule(
        "password_hash",
        ("pbkdf2", "scrypt:", "scram-sha", "{ssha", "{sha}"),
        r"pbkdf2[_:]sha\d+[$:]\d+\$[\w./+=$]{20,}|scrypt:\d+:\d+:\d+\$[\w./+=$]{20,}|SCRAM-SHA-\d+\$\d+:[\w+/=$:]{20,}|\{S?SHA\d*\}[\w+/=]{20,}",
    ),
    Rule("password_hash", (":::",), r"[0-9a-fA-F]{32}:[0-9a-fA-F]{32}:::"),
)

_PROVIDERS = (
    *("adafruit", "adobe", "algolia", "alibaba", "artifactory", "asana", "atlassian", "beamer", "bintray", "bitbucket"),
    *("bittrex", "cloudflare", "codecov", "cohere", "coinbase", "confluence", "confluent", "contentful", "datadog"),
    *("discord", "drone", "dropbox", "etsy", "facebook", "fastly", "finicity", "finnhub", "flickr", "freshbooks"),
    *("gitter", "gocardless", "heroku", "hubspot", "intercom", "jfrog", "jira", "kraken", "kucoin", "launchdarkly"),
    *("linear", "linkedin", "linked_in", "looker", "mailchimp", "mailgun", "mapbox", "mattermost", "meraki"),
    *("messagebird", "message_bird", "message-bird", "netlify", "new_relic", "new-relic", "newrelic", "nytimes"),
    *("okta", "plaid", "private_ai", "privateai", "rapidapi", "sendbird", "sentry", "snyk", "sonar", "sourcegraph"),
    *("squarespace", "sumo", "telegram", "travis", "trello", "twilio", "twitch", "twitter", "xray", "yandex"),
    *("zendesk", "contribsys", "pagerduty", "opsgenie", "splunk", "dashscope", "deepseek", "mistral", "gemini"),
)
_MARK = r"(?:key|token|secret|auth|pat|login|credentials?|(?:client|access|app|key)[_-]?id|__com)"

SETTINGS = (
    Rule(
        "secret",
        ("password ", "passwd ", "passphrase ", "token ", "api key "),
        r"((?i:\b(?:password|passwd|passphrase|token|api key)\s+(?:is\s+|was\s+|to\s+|for\s+\S+:\s+)?[\"']?))"
        r"([^\s\"',;:=()]{6,})",
        _in_prose,
    ),
    Rule("secret", ("auth plain ", "auth login "), r"((?i:\bauth (?:plain|login) ))([\w+/=]{8,})", _assigned),
    Rule(
        "secret",
        _KEYWORDS,
        rf"({_KEY}{_QUOTE}?\]?[ \t]{{0,3}}(?:=>|:=|\?=|\|\||==?|%3[dD])[ \t]{{0,3}})({_VALUE})",
        _assigned,
        ("=", "%3d", "||"),
    ),
    Rule(
        "secret",
        _KEYWORDS,
        rf"({_QUOTE}{_KEY}{_QUOTE}[ \t]{{0,3}}(?::|%3[aA])[ \t]{{0,3}})({_VALUE})",
        _assigned,
        ('":', "':", "`:", '" :', "' :", "22%3a", "quot;:", "#34;:"),
    ),
    Rule(
        "secret",
        ("pass", "secret"),
        r"([\"'](?i:\w*(?:passwo?r?d|secret)\w*)[\"'],\s*)(\"[^\"\n]+\"|'[^'\n]+')",
        _assigned,
        ('",', "',"),
    ),
    Rule(
        "secret",
        _KEYWORDS,
        rf"({_NAME}\]?[ \t]?(?::|：)[ \t]{{0,3}})"
        r"(\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'|(?:\[redacted:\w+\]|[^\s\"',;&]){4,})",
        _after_colon,
        (":", "："),
    ),
    Rule("secret", _KEYWORDS, rf"((?i:[\w.-]*(?:{_LONG})): [|>][-+]?\n[ \t]+)(\S+)", _assigned, (": |", ": >")),
    Rule("secret", _KEYWORDS, rf"(--?{_KEY}(?:[\"'],\s*[\"']|[ =]+))({_WORD})", _after_flag, (" -", "'-", '"-')),
    Rule("secret", _KEYWORDS, rf"(<(?:\w+:)?{_NAME}(?:\s[^<>]*)?>)([^<\n]+)", _assigned, ("</",)),
    Rule(
        "secret",
        ("value",),
        rf"((?i:(?:name|key)=\\?[\"'][\w.-]*(?:{_LONG})[\w.-]*\\?[\"']\s+value=))({_VALUE})",
        _assigned,
    ),
    Rule(
        "secret",
        ("identified", "password"),
        r"((?i:identified\s+(?:with\s+\S+\s+)?(?:by|as)|\bpassword)\s+\(?)('[^'\n]*'?|\"[^\"\n]*\")",
        _assigned,
    ),
    Rule("secret", ("login ",), r"((?i:\blogin\s+\S+\s+password\s+))(\S+)", _assigned),
    Rule(
        "secret",
        ("requirepass", "masterauth", '"auth"'),
        r"((?i:\b(?:requirepass|masterauth)|\"auth\")\s+)(\S+)",
        _assigned,
    ),
    Rule("secret", ("mysql", "mariadb"), r"((?:mysql|mariadb)\S*\s+(?:[^\s|;]+\s+)*?-p)([^\s]+)", _assigned),
    Rule(
        "secret",
        ("sshpass", "docker login", "podman login", "helm login", "az login", "mongo", "cqlsh", "mosquitto"),
        r"((?:sshpass|login|mongo\w*|cqlsh|mosquitto_\w+)\s+(?:[^\s|;]+\s+)*?-[pP]\s*)([^\s-]\S*)",
        _assigned,
    ),
    Rule(
        "secret",
        ("redis-cli", "ldap", "ipmitool", "snmp", "zip "),
        r"((?:redis-cli|ldap\w+|ipmitool|snmp\w+|zip)\s+(?:[^\s|;]+\s+)*?-[awPAXc]\s+)([^\s-]\S*)",
        _assigned,
    ),
    Rule(
        "secret",
        ("curl", "wget", "smbclient", "http "),
        r"((?:curl|wget|smbclient|http)\s[^\n|]*?(?:-u|-U|--user|--proxy-user)[ =]?[\"']?[^\s:%\"']+[:%])([^\s\"']+)",
        _assigned,
    ),
    Rule(
        "secret",
        ("htpasswd", "_user ", "change_password"),
        r"((?:htpasswd\s+-\w*b\w*\s+\S+|add_user|change_password)\s+\S+\s+)(\S+)",
        _assigned,
    ),
    Rule("secret", ("pass:",), r"((?:-pass(?:in|out)?)\s+pass:)(\S+)", _assigned),
    Rule(
        "secret",
        ("code=", "key=", "auth=", "hash=", "sid=", "state=", "ticket=", "assertion=", "samlresponse="),
        r"((?i:[?&;](?:code|key|auth|hash|sid|state|ticket|assertion|samlresponse|connect\.sid)=))([\w%.~+/=-]{16,})",
        _assigned,
    ),
    Rule("secret", ("sig=", "sig%3d"), r"((?i:\bsig(?:=|%3D)))([\w%+/=-]{16,})", _assigned),
    Rule("secret", ("key",), r"((?i:\w*key)\\?[\"']?\s?[=:]\s?\\?[\"']?)([\w+/=.-]{24,})", _mixed),
    Rule(
        "secret",
        _PROVIDERS,
        rf"((?i:(?:{'|'.join(_PROVIDERS)})(?:[\w.-]{{0,24}}{_MARK}[\w.]{{0,8}}[\"']?[ \t]*(?:=>|:=|\|\||=|:)"
        r"|[\"']?\s?=)[ \t]*[\"']?))([\w=+/.-]{14,})",
        _of_provider,
    ),
    # base64 of what holds "password", "secret", "token", the frame of a key file, a token: in three positions each
    Rule(
        "base64",
        (
            "cgfzc3dvcm",
            "bhc3n3b3jk",
            "wyxnzd29yz",
            "c2vjcmv0",
            "nly3jldd",
            "zzwnyzx",
            "ls0tls1crudjti",
            "zxlk",
            "qutjq",
            "z2hwx",
            "z2xwyxqt",
            "eg94yi0",
        ),
        r"[A-Za-z0-9+/]*(?:cGFzc3dvcm|Bhc3N3b3Jk|wYXNzd29yZ|c2VjcmV0|NlY3JldD|zZWNyZX|LS0tLS1CRUdJTi|ZXlK|QUtJQ|Z2hwX|Z2xwYXQt|eG94Yi0)[A-Za-z0-9+/]{6,}={0,2}",
    ),
)

LINES = (
    Rule(
        "private_key",
        (),
        r"(?m)((?:^|[ \t\"']))([A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{70})(?:$|[ \t\r\"'\\])",
        _key_line,
    ),
)
