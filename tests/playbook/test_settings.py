import os

import pytest

from tests.playbook.world import ask

GOOD = {"json": '{"port": 80}', "yaml": "port: 80\n", "toml": "port = 80\n", "ini": "[shop]\nport = 80\nquiet\n"}
BAD = {
    "json": ['{"port": 80', "{'port': 80}", "[" * 100_000],
    "yaml": ["port: [80", "a: b: c", "\tport: 80"],
    "toml": ["port = ", "[shop", "port = 80\nport = 81\n"],
    "ini": ["port = 80\n", "[shop\nport = 80\n"],
}


@pytest.mark.parametrize("form", GOOD)
def test_a_file_that_can_be_parsed_is_valid(tmp_path, form):
    path = tmp_path / "app.conf"
    path.write_text(GOOD[form])
    assert ask("config", path=str(path), format=form, is_="valid").ok
    assert not ask("config", path=str(path), format=form, is_="invalid").ok


@pytest.mark.parametrize(
    ("form", "text"), [(form, text) for form, texts in BAD.items() for text in (*texts, "", " \n")]
)
def test_a_file_that_cannot_be_parsed_or_was_emptied_is_invalid(tmp_path, form, text):
    path = tmp_path / "app.conf"
    path.write_text(text)
    assert ask("config", path=str(path), format=form, is_="invalid").ok
    assert not ask("config", path=str(path), format=form, is_="valid").ok


@pytest.mark.parametrize("form", GOOD)
def test_bytes_that_are_no_text_are_invalid(tmp_path, form):
    path = tmp_path / "app.conf"
    path.write_bytes(b"port = \xff\xfe\x00")
    assert ask("config", path=str(path), format=form, is_="invalid").ok


@pytest.mark.parametrize("state", ["valid", "invalid"])
def test_a_file_that_cannot_be_read_proves_nothing(tmp_path, state):
    os.mkfifo(tmp_path / "pipe")
    for name in ("absent", "pipe"):
        assert not ask("config", path=str(tmp_path / name), format="json", is_=state).ok


def test_a_bomb_of_aliases_is_not_set_off(tmp_path):
    path = tmp_path / "app.yaml"
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    path.write_text("\n".join(lines))
    assert ask("config", path=str(path), format="yaml", is_="valid").ok


def test_nothing_of_a_file_is_shown(tmp_path):
    path = tmp_path / "app.json"
    path.write_text('{"password": "hunter2')
    assert "hunter2" not in ask("config", path=str(path), format="json", is_="invalid").detail
