from datetime import timedelta
from socket import socket

import pytest

from tests.playbook.world import answer, ask, free_port, listening

SOON = timedelta(milliseconds=200)


def hang_up(_connection: socket) -> None:
    pass


def url(port: int) -> str:
    return f"http://127.0.0.1:{port}/healthz?full=1"


@pytest.mark.parametrize(
    ("status", "wanted", "ok"), [(200, 200, True), (503, 200, False), (503, 503, True), (404, 200, False)]
)
def test_an_answer_counts_by_its_status(status, wanted, ok):
    with listening(answer(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())) as port:
        result = ask("http", url=url(port), status=wanted)
    assert (result.ok, result.detail) == (ok, f"{url(port)} answers {status}")


def test_a_redirect_is_an_answer_and_is_not_followed():
    asked = []

    def redirect(connection: socket) -> None:
        asked.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")

    with listening(redirect) as port:
        assert not ask("http", url=url(port)).ok
        assert not ask("http_down", url=url(port)).ok
    assert [request.split()[1] for request in asked] == [b"/healthz?full=1"] * 2


def test_a_service_that_answers_with_an_error_is_not_down():
    with listening(answer(b"HTTP/1.1 500 X\r\n\r\n")) as port:
        assert not ask("http_down", url=url(port)).ok


def test_a_port_that_refuses_is_down():
    assert ask("http_down", url=url(free_port())).ok
    assert not ask("http", url=url(free_port())).ok


def test_a_service_that_hangs_up_is_down():
    with listening(hang_up) as port:
        assert ask("http_down", url=url(port)).ok


def test_a_service_that_stays_silent_is_down():
    with listening(lambda connection: connection.recv(65536) and connection.recv(1)) as port:
        assert ask("http_down", url=url(port), within=SOON).ok
        assert not ask("http", url=url(port), within=SOON).ok


def test_an_answer_drop_by_drop_does_not_hold_the_agent_up():
    def drip(connection: socket) -> None:
        connection.settimeout(0.05)
        connection.recv(65536)
        try:
            while True:
                connection.sendall(b"H")
                try:
                    if not connection.recv(1):
                        return
                except TimeoutError:
                    continue
        except OSError:
            return

    with listening(drip) as port:
        assert not ask("http", url=url(port), within=SOON).ok


@pytest.mark.parametrize("noise", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x00" * 100, b"HTTP/9.9 what\r\n\r\n", b"H" * 70000])
def test_what_does_not_speak_http_is_neither_up_nor_down(noise):
    with listening(answer(noise)) as port:
        assert not ask("http", url=url(port), within=SOON).ok
        assert not ask("http_down", url=url(port), within=SOON).ok


@pytest.mark.parametrize("host", ["name.invalid", "a" * 70 + ".invalid"])
def test_a_name_that_does_not_resolve_proves_nothing(host):
    assert not ask("http_down", url=f"http://{host}/").ok
    assert not ask("http", url=f"http://{host}/").ok


def test_a_server_without_tls_is_not_taken_for_a_service_that_is_down():
    with listening(answer(b"HTTP/1.1 400 X\r\n\r\n")) as port:
        assert not ask("http_down", url=f"https://127.0.0.1:{port}/", within=SOON).ok


def test_a_port_is_open_or_closed():
    with listening(hang_up) as port:
        assert ask("port", host="127.0.0.1", port=port, is_="open").ok
        assert not ask("port", host="127.0.0.1", port=port, is_="closed").ok
    assert ask("port", host="127.0.0.1", port=port, is_="closed").ok
    assert not ask("port", host="127.0.0.1", port=port, is_="open").ok
