"""Key files, headers, addresses, command lines: none of these may be missed."""

import base64
import textwrap
import time
from random import Random
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops_agent.assembly.redact import redact
from tests.assembly.planted import drawn

bodies = st.integers(0, 2**32).map(lambda seed: drawn("{b500}", Random(seed)))
secrets = st.integers(0, 2**32).map(lambda seed: drawn("{w24}", Random(seed)))
LABELS = ["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]
LABELS += ["PGP PRIVATE KEY BLOCK"]


def wrapped(body, width=64):
    return textwrap.wrap(body, width)


def block(label, body):
    return [f"-----BEGIN {label}-----", *wrapped(body), f"-----END {label}-----"]


def survivors(body, text, length=16):
    return [body[at : at + length] for at in range(0, len(body) - length, length) if body[at : at + length] in text]


SHAPES = {
    "as it is": "\n".join,
    "behind a logger's head": lambda lines: "\n".join(f"2026-11-23 03:00:00 ERROR shop - {line}" for line in lines),
    "indented": lambda lines: "ERROR key:\n" + "\n".join(f"    {line}" for line in lines),
    "in JSON": lambda lines: '{"private":"' + "\\n".join(lines) + '"}',
    "in JSON in JSON": lambda lines: '{"a":"{\\"k\\":\\"' + "\\\\n".join(lines) + '\\"}"}',
    "on one line": " ".join,
    "without an end": lambda lines: "\n".join(lines[:-1]),
    "cut in a line": lambda lines: "\n".join(lines)[:300],
    "begun in an earlier record": lambda lines: "\n".join(lines[1:]),
    "a middle of it": lambda lines: "\n".join(lines[2:-2]),
    "a middle behind heads": lambda lines: "\n".join(f"2026-11-23 03:00:00 ERROR shop - {x}" for x in lines[2:-2]),
    "base64 once more": lambda lines: "ERROR " + base64.b64encode("\n".join(lines).encode()).decode(),
}


@settings(max_examples=20, deadline=None)
@given(body=bodies, label=st.sampled_from(LABELS))
@pytest.mark.parametrize("shape", list(SHAPES))
def test_no_line_of_a_private_key_survives(shape, body, label):
    redacted = redact(SHAPES[shape](block(label, body)))
    assert survivors(body, redacted) == []
    assert redact(redacted) == redacted


@settings(max_examples=20, deadline=None)
@given(body=bodies)
def test_no_line_of_a_putty_key_survives(body):
    lines = wrapped(body)
    text = "\n".join(["PuTTY-User-Key-File-2: ssh-rsa", f"Private-Lines: {len(lines)}", *lines, "Private-MAC: 0a1b"])
    assert survivors(body, redact(text)) == []


def test_what_stands_around_a_key_stays():
    text = "\n".join(["ERROR cannot parse", *block("PRIVATE KEY", drawn("{b256}", Random(1))), "at line 3"])
    assert redact(text) == "ERROR cannot parse\n[redacted:private_key]\nat line 3"


def test_prose_about_a_key_stays():
    text = "ERROR expected -----BEGIN PRIVATE KEY----- in shop.pem\n  at load (tls.go:7)"
    assert redact(text) == text


HEADERS = [
    "Authorization: Bearer {s}",
    "authorization: bearer {s} sent twice",
    "> Authorization: Basic {b}",
    "Proxy-Authorization: Basic {b}",
    'curl: (22) -H "Authorization: Bearer {s}" https://x.org/',
    "curl -H 'Authorization: token {s}' https://x.org/",
    '{{"Authorization":"Bearer {s}"}}',
    '{{"headers":{{"authorization":["Bearer {s}"]}}}}',
    "{{'Authorization': 'Bearer {s}'}}",
    '{{\\"Authorization\\":\\"Bearer {s}\\"}}',
    '"HTTP_AUTHORIZATION"=>"Bearer {s}"',
    "map[Authorization:[Bearer {s}] Accept:[*/*]]",
    'Authorization: Digest username="shop", realm="x", response="{s}", uri="/"',
    "Authorization: Negotiate {b}",
    "Authorization: AWS4-HMAC-SHA256 Credential=x/20261123/eu/s3/aws4_request, SignedHeaders=host, Signature={s}",
    "Authorization: Custom {s}",
    "Authorization={s}",
    "header Bearer {s} was refused",
    "Basic {b}",
    "Cookie: sid={s}; other={s}",
    "Set-Cookie: sid={s}; Path=/; HttpOnly",
    '"cookie": "a=b; sid={s}"',
    "X-Api-Key: {s}",
    "X-Auth-Token: {s}",
    "PRIVATE-TOKEN: {s}",
    "Ocp-Apim-Subscription-Key: {s}",
]


@settings(max_examples=20, deadline=None)
@given(secret=secrets)
@pytest.mark.parametrize("form", HEADERS)
def test_no_header_keeps_its_secret(form, secret):
    basic = base64.b64encode(f"shop:{secret}".encode()).decode()
    redacted = redact("2026 ERROR " + form.format(s=secret, b=basic))
    assert secret not in redacted
    assert basic.rstrip("=") not in redacted
    assert redact(redacted) == redacted


ADDRESSES = [
    "postgres://shop:{s}@db:5432/orders",
    "postgresql+psycopg://shop:{s}@/orders?host=/run",
    "mysql://shop:{s}@db/orders",
    "mongodb+srv://shop:{s}@c0.example.net/?w=majority",
    "mongodb://shop:{s}@a:27017,b:27017/x",
    "redis://:{s}@cache:6379/0",
    "rediss://default:{s}@cache",
    "amqp://shop:{s}@mq/vhost",
    "amqps://{s}@mq/",
    "https://{s}@sentry.example.org/1",
    "https://x-access-token:{s}@git.example.org/a.git",
    "ftp://u:{s}@h/f",
    "smtp://u%40x.org:{s}@mail:587",
    "ldap://cn=a:{s}@h",
    "clickhouse://u:{s}@h:9000",
    "sqlserver://sa:{s}@h?database=x",
    "postgres://u:a@{s}@db/x",
    "postgres://u:a/{s}@db/x",
    "redis:\\/\\/:{s}@cache",
    "jdbc:postgresql://h/db?user=u&password={s}",
    "jdbc:oracle:thin:shop/{s}@//h:1521/x",
    "jdbc:sqlserver://h;user=sa;password={s};encrypt=true",
    "Driver={{ODBC}};Server=h;UID=sa;PWD={s};",
    "Server=h;Uid=sa;Pwd={{{s};x}};",
    "Data Source=h;User ID=sa;Password={s}",
    "host=h user=u password={s} dbname=x",
    "shop:{s}@tcp(h:3306)/db",
    "DefaultEndpointsProtocol=https;AccountName=x;AccountKey={s}==;EndpointSuffix=core",
    "Endpoint=sb://x/;SharedAccessKeyName=r;SharedAccessKey={s}=",
    "https://x.blob.core.windows.net/a?sv=2026&sig={s}%3D&se=1",
    "https://hooks.slack.com/services/T00000000/B00000000/{s}",
    "https://discord.com/api/webhooks/123456789012345678/{s}",
    "https://x.webhook.office.com/webhookb2/{s}{s}@{s}/IncomingWebhook/{s}/x",
    "https://open.feishu.cn/open-apis/bot/v2/hook/{s}",
    "https://oapi.dingtalk.com/robot/send?access_token={s}",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={s}",
    "https://x.org/callback?code={s}&state={s}",
    "https://x.org/a?X-Amz-Signature={s}",
]


@settings(max_examples=20, deadline=None)
@given(secret=secrets)
@pytest.mark.parametrize("form", ADDRESSES)
def test_no_address_keeps_its_secret(form, secret):
    redacted = redact("2026 ERROR cannot reach " + form.format(s=secret))
    assert secret not in redacted
    assert redact(redacted) == redacted


@settings(max_examples=20, deadline=None)
@given(secret=secrets)
def test_no_encoded_address_keeps_its_secret(secret):
    assert secret not in redact("ERROR next=" + quote(f"https://shop:{secret}@x.org/a", safe=""))


COMMANDS = [
    "mysql -h db -u root -p{s} shop",
    "mysqldump --password={s} shop",
    "sshpass -p {s} ssh x",
    "PGPASSWORD={s} psql -h db",
    "redis-cli -h x -a {s} ping",
    "curl -u shop:{s} https://x.org",
    "curl --user 'shop:{s}' https://x.org",
    "ldapsearch -D cn=x -w {s}",
    "docker login -u x -p {s} r.example.org",
    "htpasswd -b f.txt shop {s}",
    "openssl rsa -passin pass:{s}",
    "client --password {s} --verbose",
    "client --api-key {s}",
    "['client', '--password', '{s}']",
    "ALTER USER shop IDENTIFIED BY '{s}'",
    "CREATE ROLE shop WITH PASSWORD '{s}'",
    "machine x login shop password {s}",
    "requirepass {s}",
    "rabbitmqctl add_user shop {s}",
    '<add key="Password" value="{s}" />',
]


@settings(max_examples=20, deadline=None)
@given(secret=secrets)
@pytest.mark.parametrize("form", COMMANDS)
def test_no_command_line_keeps_its_secret(form, secret):
    redacted = redact("+ " + form.format(s=secret))
    assert secret not in redacted
    assert redact(redacted) == redacted


@settings(max_examples=40, deadline=None)
@given(secret=secrets)
@pytest.mark.parametrize(
    "form", ["eyJhbGciOiJIUzI1NiJ9.{s}.{s}", "eyJhbGciOiJkaXIifQ..{s}.{s}.{s}", "eyJhbGciOiJIUzI1NiJ9.{s}"]
)
def test_no_jwt_and_no_jwe_survives(form, secret):
    assert secret not in redact(f"ERROR bad {form.format(s=secret)}, try again")


def test_the_data_of_a_kubernetes_secret_is_replaced():
    text = "ERROR\nkind: Secret\ndata:\n  tls.crt: TUlJQ1hRSUJBQUtCZ1FD\n  user: c2hvcA==\ntype: Opaque"
    assert (
        redact(text)
        == "ERROR\nkind: Secret\ndata:\n  tls.crt: [redacted:secret]\n  user: [redacted:secret]\ntype: Opaque"
    )


@pytest.mark.parametrize("at", range(2, 39))
def test_a_token_that_a_logger_wrapped_is_replaced_wherever_it_was_cut(at):
    token = "ghp_" + drawn("{w35}", Random(at)) + "7"
    redacted = redact(f"ERROR token {token[:at]}\n    {token[at:]}\nwas refused")
    assert token[4:12] not in redacted
    assert token[-6:] not in redacted
    assert redacted.endswith("\nwas refused")


@pytest.mark.parametrize("colour", ["\x1b[31m", "\\u001b[1;31m", "#033[0m", "\\x1b[m", "\\033[0;1m"])
def test_colours_hide_no_secret(colour):
    assert "hunter2" not in redact(f"pass{colour}word{colour}={colour}hunter2{colour}")
    assert "ter2xyz" not in redact(f"password=hun{colour}ter2xyz")


def test_letters_written_as_numbers_hide_no_secret():
    assert redact('{"\\u0070assw\\u006Frd": "hunter2"}') == '{"password": "[redacted:secret]"}'


@pytest.mark.parametrize(
    "text",
    [
        "password=",
        "password=null",
        "password: ********",
        "token=${TOKEN}",
        'secret="" x',
        "password=<hidden>",
        "pwd=true",
    ],
)
def test_what_says_that_there_is_no_secret_stays(text):
    assert redact(text) == text


@pytest.mark.parametrize(
    "form",
    [
        "password is {s}",
        "password {s} rejected",
        "Password for shop: {s}",
        "token {s} has expired",
        "pw={s}",
        "'password': u'{s}'",
        "b'password': b'{s}'",
        "AUTH PLAIN {s}==",
        "authorization_code={s}",
        "password={s}!#$%x",
        "password=$x{s}",
        "password=a,b{s}",
        "user=shop;password={s};x=1",
        "{{password: {s}}}",
    ],
)
@settings(max_examples=20, deadline=None)
@given(number=st.integers(10, 99), secret=secrets)
def test_no_spelling_keeps_its_password(form, secret, number):
    redacted = redact("ERROR " + form.format(s=f"{secret}{number}"))
    assert secret not in redacted
    assert redact(redacted) == redacted


PEOPLE = [
    *("call +49 170 1234567 back", "call +14155552671 back", "call (415) 555-2671 back", "call 415-555-2671 back"),
    *(
        "tel: 010-62345678",
        "手机号 138 1234 5678",
        "SSN 078-05-1120",
        "to DE89 3704 0044 0532 0130 00",
        "+8613812345678",
    ),
    *(
        "iban GB82WEST12345698765432 refused",
        "card=4111111111111111",
        "card 3782 822463 10005",
        "from ann@example.co.uk",
    ),
    "身份证号 110105491231002",
]


@pytest.mark.parametrize("text", PEOPLE)
def test_no_number_of_a_person_survives(text):
    redacted = redact(text)
    assert "[redacted:" in redacted
    assert not any(sign.isdigit() for sign in redacted)
    assert redact(redacted) == redacted


def test_a_key_without_a_value_does_not_hide_the_next():
    assert "hunter2" not in redact("login= password= secret=hunter2")
    assert "hunter2" not in redact("client --password --token hunter2")


FRAGMENTS = [
    *(
        "password=",
        "-----BEGIN RSA PRIVATE KEY-----",
        "://u:",
        "Authorization: ",
        "token: token: ",
        "PWD=/",
        "\n",
        "-p ",
    ),
    *("mysql -u ", "curl -u a", "eyJaaaaaaaa.", "{", '"password":"', "key=A1b", "4111 ", "+1 ", "DE89 ", "a@b"),
    *("kind: secret\ndata:\n a: b\n", "<password>", "=s.", "ghp_\n", "MIIE\n", "-----END RSA PRIVATE KEY-----\n"),
    *("--password ", "cookie: a=b; ", "A" * 64 + " ", "[redacted:secret]", "\\u0070", "password=&password=,", "1 2-"),
    *("x:x@tcp(", "password='", "heroku_key=", "sk-\n", "ghp_abc\n", "login x password ", "\x1b[", "\ud800"),
]


def seconds(text):
    began = time.process_time()
    redact(text)
    return time.process_time() - began


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_hostile_text_takes_time_in_proportion_to_its_length(fragment):
    redact(fragment)
    small = min(seconds(fragment * (8_000 // len(fragment))) for _ in range(3))
    large = seconds(fragment * (64_000 // len(fragment)))
    assert large < 40 * max(small, 0.002)  # eight times the text; a square would take 64 times as long


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(st.sampled_from([*FRAGMENTS, "ghp_", "abc123", "]", '"', "'", " ", "@h/", "="]), st.text(max_size=6))
    )
)
def test_a_second_pass_over_any_text_made_of_fragments_changes_nothing(parts):
    once = redact("".join(parts))
    assert redact(once) == once
