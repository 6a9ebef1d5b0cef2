import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops_agent.playbook.bind import Bound, Unbound, bind
from aiops_agent.playbook.kinds import parse_duration, parse_path, parse_unit, parse_url
from aiops_agent.playbook.load import load
from tests.playbook.make import PARAMETERS, REPAIR, bound, write

RESTART = """\
name: restart
version: 1
description: {en: Restart it.}
risk: low
for: {categories: [service_failure], services: ["*"]}
params: {unit: {from: source.service}}
evidence: [{unit_state: {unit: $unit, is: failed}}]
steps: [{unit: {restart: $unit}}]
verify: {within: 60s, probes: [{unit_state: {unit: $unit, is: active}}]}
"""


def test_parameters_are_filled_in_from_the_configuration(tmp_path):
    aimed = bind(load(write(tmp_path)), "shop.service", PARAMETERS)
    assert isinstance(aimed, Bound)
    assert aimed.steps[0].arguments == {"path": "/run/shop/shop.lock", "path_root": "/run/shop"}
    assert aimed.verify[0].arguments == {"url": "http://127.0.0.1:8080/healthz", "status": 200, "timeout": 5}
    assert aimed.steps[0].changes
    assert [probe.verb for probe in aimed.evidence] == ["not_busy", "untouched", "file_exists", "http_down"]
    assert [probe.verb for probe in aimed.own_evidence] == ["file_exists", "http_down"]
    assert not any(probe.changes for probe in aimed.evidence)


def test_the_units_of_a_playbook_are_all_that_it_names_its_service_first(tmp_path):
    text = RESTART.replace("steps: [", "steps: [{unit: {restart: db.service}}, ").replace("is: active", "is: failed")
    assert bind(load(write(tmp_path, text)), "shop.service", {}).units == ("shop.service", "db.service")
    assert bound(tmp_path).units == ("shop.service",), "a name in an address or a path is none"


def test_durations_become_seconds_and_set_the_timeout(tmp_path):
    aimed = bound(tmp_path, REPAIR.replace("http: {url: $url}", "http: {url: $url, timeout: 2m}"))
    assert aimed.verify[0].timeout.total_seconds() == 120


def test_what_the_configuration_lacks_is_named(tmp_path):
    aimed = bind(load(write(tmp_path)), "shop.service", {})
    assert isinstance(aimed, Unbound)
    assert "parameters.lock_file" in str(aimed)
    assert "parameters.health_url" in str(aimed)


@pytest.mark.parametrize("service", ["nginx.service", "", "myshop.service"])
def test_a_playbook_is_not_aimed_at_a_service_it_is_not_for(tmp_path, service):
    assert "it is for shop-*.service, shop.service" in str(bind(load(write(tmp_path)), service, PARAMETERS))


UNITS = {
    "B01 second command": "nginx.service; rm -rf /",
    "B01 no unit at all": "; rm -rf /",
    "B02 substitution": "$(id).service",
    "B02 backticks": "`id`.service",
    "B03 newline": "nginx.service\nreboot.service",
    "B04 option": "--force.service",
    "B05 two units": "nginx.service other.service",
    "B06 homoglyph": "nginх.service",
    "B07 path": "../../etc/shadow.service",
    "B09 NUL": "nginx\0.service",
    "B11 long": "n" * 300 + ".service",
    "B12 template": "{{7*7}}.service",
    "B12 format": "%s%n.service",
    "B13 lookup": "${jndi:ldap://x/a}.service",
    "B14 shellshock": "() { :;}; echo.service",
    "B15 glob": "*.service",
    "a target, which is no service": "reboot.target",
}


@pytest.mark.parametrize("attack", UNITS)
def test_what_is_no_unit_is_not_acted_on(tmp_path, attack):
    aimed = bind(load(write(tmp_path, RESTART, "restart.yaml")), UNITS[attack], {})
    assert "is not a unit" in str(aimed)


PATHS = {
    "B07 climbing": "/run/../etc/shadow",
    "B07 climbing at the end": "/run/shop/..",
    "B08 relative": "run/shop.lock",
    "B09 NUL": "/run/shop\0.lock",
    "B03 newline": "/run/shop.lock\n/etc/shadow",
    "B10 magic link": "/proc/self/root/etc/shadow",
    "B10 descriptor": "/dev/fd/3",
    "B11 long name": "/run/" + "n" * 300,
    "B11 long path": "/run" + "/name" * 1000,
    "B15 home": "~root/.ssh/id",
    "B15 variable": "$HOME/.ssh/id",
    "doubled slash": "/run//shop.lock",
    "slash at the end": "/run/shop/",
    "direction override": "/run/\u202eshop.lock",
    "surrogate": "/run/\udcff.lock",
    "number": 7,
    "switch": True,
}


@pytest.mark.parametrize("attack", PATHS)
def test_what_is_no_plain_path_is_not_acted_on(tmp_path, attack):
    aimed = bind(load(write(tmp_path)), "shop.service", {**PARAMETERS, "lock_file": PATHS[attack]})
    assert isinstance(aimed, Unbound)
    assert "parameters.lock_file: " in str(aimed)


@pytest.mark.parametrize("name", ["{{7*7}}", "${7*7}", "#{7*7}", "%s%n", "*", "?", "$(id)", "; reboot", "-rf"])
def test_b12_b15_what_looks_like_a_template_is_a_name_like_any_other(tmp_path, name):
    aimed = bind(load(write(tmp_path)), "shop.service", {**PARAMETERS, "lock_file": f"/run/{name}"})
    assert isinstance(aimed, Bound)
    assert aimed.steps[0].arguments["path"] == f"/run/{name}"


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/shadow", "ftp://host/", "127.0.0.1:80", "http://", "http://user:word@host/",
        "http://host/\r\nX: y",
        "http://host:99999/", "http://host:x/", "http://ho st/", "http://хост/", "//host/", "javascript:alert(1)", 7,
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_not_asked_for(tmp_path, url):
    aimed = bind(load(write(tmp_path)), "shop.service", {**PARAMETERS, "health_url": url})
    assert "is not an address" in str(aimed)


def test_b16_parameters_that_nobody_asked_for_go_nowhere(tmp_path):
    aimed = bind(load(write(tmp_path)), "shop.service", {**PARAMETERS, "LD_PRELOAD": "/tmp/x.so", "PATH": "/tmp"})
    assert isinstance(aimed, Bound)
    commands = (*aimed.evidence, *aimed.steps, *aimed.verify)
    assert not any("LD_PRELOAD" in c.arguments or "PATH" in c.arguments for c in commands)


@given(st.text())
def test_a_path_that_is_taken_names_one_place(text):
    try:
        path = parse_path(text)
    except ValueError:
        return
    assert path == text
    assert path.startswith("/")
    assert not {"..", "."} & set(path.split("/"))


@given(st.text(alphabet=st.characters(max_codepoint=0x250)) | st.from_regex(r"[a-z@.-]{1,9}\.service"))
def test_a_unit_that_is_taken_cannot_be_an_option_or_two_words(text):
    try:
        unit = parse_unit(text)
    except ValueError:
        return
    assert unit.isascii()
    assert not unit.startswith("-")
    assert unit.split() == [unit]


@pytest.mark.parametrize("text", ["", "s", "0s", "1", "-1s", "1.5m", "1 h", "٣s", "100000s", None, 5, True])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(("text", "seconds"), [("1s", 1), ("15m", 900), ("4h", 14400), ("2d", 172800)])
def test_durations_are_seconds(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/healthz?full=1", "https://shop.example", "http://[::1]:80/"])
def test_web_addresses_are_taken_as_they_are(url):
    assert parse_url(url) == url
