"""`playbook keygen`, `sign` and `verify`, as a person uses them; and openssl, which shares nothing with us, agrees."""

import base64
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from aiops_agent.cli.main import run
from aiops_agent.signing.ed25519 import SigningKey
from aiops_agent.signing.manifest import read
from tests.cli.test_commands import Shell
from tests.playbook.make import REPAIR, write

PASSPHRASE = "four words that nobody"


class Signing(Shell):
    """A configuration with one playbook, and somebody who signs."""

    def __init__(self, folder, capsys) -> None:
        super().__init__(folder, capsys)
        self.playbooks = folder / "playbooks"
        self.playbooks.mkdir()
        self.repair = write(self.playbooks, REPAIR.replace("name: repair", "name: mine"), "mine.yaml")
        self.trusted = folder / "trusted"
        self.trusted.mkdir(mode=0o755)
        self.manifest = folder / "playbooks.manifest"
        self.passphrase = folder / "passphrase"
        self.passphrase.write_text(f"{PASSPHRASE}\n")
        self.passphrase.chmod(0o600)
        self.key = folder / "ann.key"
        self.sets()

    def sets(self, **keys: object) -> None:
        rules = {"manifest": str(self.manifest), "trusted": str(self.trusted), **keys}
        self.configure(playbooks=f'["{self.playbooks}"]', signing=json.dumps(rules))

    def keygen(self, name: str = "ann.key", *, trust: bool = True):
        out = self.folder / name
        code = run(["playbook", "keygen", "--out", str(out), "--passphrase-file", str(self.passphrase)])
        said = self.capsys.readouterr()
        if code == 0 and trust:
            shutil.copy(out.with_name(f"{name}.pub"), self.trusted)
        return code, said.out, said.err

    def sign(self, *words: str, key: str = "ann.key"):
        file = str(self.passphrase)
        return self("playbook", "sign", "--key", str(self.folder / key), "--passphrase-file", file, *words)

    def verified(self, name: str = "mine") -> str:
        _, out, err = self("playbook", "verify", "--json")
        assert not err
        return {each["name"]: each["signature"] for each in json.loads(out)["playbooks"]}[name]


@pytest.fixture
def signing(tmp_path, capsys):
    return Signing(tmp_path, capsys)


def test_from_a_new_key_to_a_signed_playbook(signing):
    assert signing.verified() == "unsigned"
    code, out, err = signing.keygen()
    assert (code, err) == (0, "")
    assert "ann.key.pub is for the hosts" in out
    assert signing.key.stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED" in signing.key.read_bytes()
    code, out, err = signing.sign("--all")
    assert (code, err) == (0, "")
    assert "mine version 1, risk low\n" in out
    assert "    may move_aside path=$lock\n" in out
    code, out, _ = signing("playbook", "verify")
    assert code == 0
    assert "number 1 of " in out
    assert signing.verified() == "signed"


def test_openssl_agrees_with_the_signature_and_with_nothing_else(signing, tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    signing.keygen()
    signing.sign("--all")
    file = json.loads(signing.manifest.read_text())
    content = json.dumps(file["signed"], sort_keys=True, separators=(",", ":")).encode()
    (tmp_path / "signature").write_bytes(base64.b64decode(file["signatures"][0]["signature"]))
    argv = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", signing.trusted / "ann.key.pub", "-rawin"]
    codes = []
    for signed in (content, content + b" "):
        (tmp_path / "content").write_bytes(signed)
        files = ["-in", tmp_path / "content", "-sigfile", tmp_path / "signature"]
        codes.append(subprocess.run([*argv, *files], capture_output=True, check=False).returncode)
    assert codes[0] == 0
    assert codes[1] != 0


def test_what_jq_prints_is_what_is_signed(signing):
    if shutil.which("jq") is None:
        pytest.skip("needs jq")
    signing.keygen()
    signing.sign("--all")
    printed = subprocess.run(["jq", "-jcS", ".signed", signing.manifest], capture_output=True, check=True).stdout
    assert printed == read(signing.manifest.read_bytes()).content


def test_a_key_that_openssl_made_signs_too(signing):
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    made = subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519"], capture_output=True, check=True).stdout
    argv = ["openssl", "pkcs8", "-topk8", "-scrypt", "-passout", f"file:{signing.passphrase}", "-out", signing.key]
    subprocess.run(argv, input=made, check=True, capture_output=True)
    signing.key.chmod(0o600)
    public = subprocess.run(["openssl", "pkey", "-pubout"], input=made, capture_output=True, check=True).stdout
    (signing.trusted / "ann.pub").write_bytes(public)
    assert signing.sign("mine")[0] == 0
    assert signing.verified() == "signed"


def test_an_edit_shows_until_it_is_signed_again_and_others_stay_signed(signing):
    signing.keygen()
    signing.sign("--all")
    signing.repair.write_text(signing.repair.read_text() + "# a word\n")
    code, out, _ = signing("playbook", "verify")
    assert code == 1
    assert "edited since it was signed" in out
    assert signing.sign("mine")[0] == 0
    assert signing("playbook", "verify")[0] == 0


def test_what_was_edited_is_not_signed_by_the_way(signing):
    signing.keygen()
    signing.sign("--all")
    signing.repair.write_text(signing.repair.read_text() + "# a word\n")
    code, out, _ = signing.sign("remove-stale-lock")
    assert code == 0
    assert "not signed any more, because edited or expired: mine" in out
    assert signing.verified() == "unsigned"
    assert signing.verified("restart-hung-process") == "signed"


def test_what_stays_signed_keeps_its_own_time(signing):
    signing.keygen()
    signing.sign("mine", "--expires", "30d")
    signing.sign("remove-stale-lock", "--expires", "90d")
    entries = read(signing.manifest.read_bytes()).manifest.playbooks
    now = datetime.now(UTC)
    assert timedelta(days=29) < entries["mine"].expires - now < timedelta(days=31)
    assert timedelta(days=89) < entries["remove-stale-lock"].expires - now < timedelta(days=91)


def test_a_manifest_that_somebody_else_wrote_is_not_gone_on_from(signing):
    signing.keygen()
    signing.keygen("eve.key", trust=False)
    signing.sign("mine", key="eve.key")
    assert signing.verified() == "wrong_key"
    code, _, err = signing.sign("remove-stale-lock")
    assert code == 2
    assert "find out who changed it" in err
    assert signing.verified() == "wrong_key"


def test_after_a_manifest_was_lost_a_person_says_how_to_go_on(signing):
    signing.keygen()
    signing.sign("--all", "--serial", "7")
    assert signing("scan")[0] == 0
    signing.manifest.unlink()
    signing.sign("--all")
    assert signing.verified() == "below_floor"
    assert signing.sign("--all", "--serial", "2")[0] == 0
    signing.manifest.unlink()
    signing.sign("--all", "--serial", "8")
    assert signing.verified() == "signed"
    assert signing.sign("--all", "--serial", "8")[0] == 2


def test_a_revoked_key_signs_nothing_more(signing):
    signing.keygen()
    (signing.trusted / "revoked").write_text(SigningKey.open(signing.key, PASSPHRASE.encode()).id)
    code, _, err = signing.sign("--all")
    assert (code, "is revoked on this host" in err) == (2, True)


def test_two_keys_sign_what_is_risky(signing):
    text = REPAIR.replace("name: repair", "name: mine").replace("risk: low", "risk: high")
    signing.repair.write_text(f"{text}undo: [{{move_aside: {{path: $lock}}}}]\n")
    signing.sets(two_signatures=True)
    signing.keygen()
    signing.keygen("bob.key")
    signing.sign("--all")
    assert signing.verified() == "one_signature"
    assert signing.sign("--countersign")[0] == 2, "by the same person"
    code, out, err = signing.sign("--countersign", key="bob.key")
    assert (code, err) == (0, "")
    assert "mine version 1, risk high" in out
    assert signing.verified() == "signed"


def test_nobody_countersigns_what_is_not_as_the_first_has_signed_it(signing):
    signing.keygen()
    signing.keygen("bob.key")
    signing.sign("--all")
    signing.repair.write_text(signing.repair.read_text() + "# a word\n")
    code, _, err = signing.sign("--countersign", key="bob.key")
    assert (code, "not as signed here, or not here at all: mine" in err) == (2, True)


def test_articles_are_signed_when_somebody_says_so_and_stay_so(signing):
    signing.keygen()
    signing.sign("--all", "--articles")
    signing.sign("mine")
    assert len(read(signing.manifest.read_bytes()).manifest.articles) >= 16
    signing.sign("--all", "--no-articles")
    assert not read(signing.manifest.read_bytes()).manifest.articles


MISTAKES = {
    "no names": ((), "name playbooks, or say --all"),
    "names and all": (("mine", "--all"), "name playbooks, or say --all"),
    "an unknown name": (("yours",), "there is no playbook yours"),
    "a time that is none": (("mine", "--expires", "soon"), "--expires: 'soon' is not a duration"),
    "a key that is not there": (("mine", "--key", "/nonexistent/key"), "the key /nonexistent/key cannot be read"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_the_way_out(signing, mistake):
    signing.keygen()
    words, said = MISTAKES[mistake]
    code, _, err = signing.sign(*words)
    assert (code, said in err) == (2, True), err
    assert not signing.manifest.exists()


def test_a_playbook_that_is_refused_is_said_to_be_and_how_to_see_why(signing):
    signing.keygen()
    (signing.playbooks / "broken.yaml").write_text("name: broken\nversion: one\n")
    for words in (["show", "broken"], ["run", "broken"], ["diff", "broken"], ["sign", "broken"], ["verify", "broken"]):
        code, _, err = signing("playbook", *words)
        assert code == 2
        first, hint = err.splitlines()
        assert first.startswith(f"aiops-agent: broken is refused: {signing.playbooks}/broken.yaml:1: "), words
        assert first.endswith("; and 4 more")
        assert hint == f"  all of it: aiops-agent playbook lint {signing.playbooks}/broken.yaml"


def test_a_passphrase_that_others_can_read_is_not_taken(signing):
    signing.keygen()
    signing.passphrase.chmod(0o640)
    code, _, err = signing.sign("--all")
    assert (code, f"{signing.passphrase} is open to others (mode 640)" in err) == (2, True)
    assert not signing.manifest.exists()


def test_a_manifest_whose_folder_is_missing_names_the_folder_to_make(signing):
    signing.keygen()
    signing.sets(manifest=str(signing.folder / "etc" / "playbooks.manifest"))
    code, _, err = signing.sign("mine")
    assert (code, f"install -d -m 755 {signing.folder}/etc" in err) == (2, True)


def test_verify_says_what_to_do_about_an_edited_playbook(signing):
    signing.keygen()
    signing.sign("--all")
    assert "sign again" not in signing("playbook", "verify")[1]
    signing.repair.write_text(signing.repair.read_text() + "# edited\n")
    code, out, _ = signing("playbook", "verify")
    assert (code, "sign again: aiops-agent playbook sign --key FILE mine\n" in out) == (1, True)


def test_where_no_key_is_trusted_it_is_not_said_to_sign_once_more(signing):
    signing.keygen()
    assert "`aiops-agent playbook sign`" in signing("playbook", "verify")[1]
    signing.sign("--all")
    signing.trusted.chmod(0o777)
    _, out, _ = signing("playbook", "verify")
    assert "no key is trusted" in out
    assert out.endswith("nothing counts as signed here\n")


def test_a_wrong_passphrase_opens_nothing(signing):
    signing.keygen()
    signing.passphrase.write_text("five words that nobody\n")
    code, _, err = signing.sign("--all")
    assert (code, "cannot be opened with this passphrase" in err) == (2, True)


def test_a_short_passphrase_is_none(signing):
    signing.passphrase.write_text("short\n")
    code, _, err = signing.keygen()
    assert (code, "fewer than 12 characters" in err) == (2, True)
    assert not signing.key.exists()


@pytest.mark.parametrize("name", ["ann.key", "ann.key.pub"])
def test_no_key_is_overwritten(signing, name):
    (signing.folder / name).write_text("precious")
    code, _, err = signing.keygen(trust=False)
    assert (code, "exists already" in err) == (2, True)
    assert (signing.folder / name).read_text() == "precious"


def test_a_key_that_others_can_read_is_not_used(signing):
    signing.keygen()
    signing.key.chmod(0o640)
    code, _, err = signing.sign("--all")
    assert (code, "is open to others (mode 640)" in err) == (2, True)


def test_a_key_without_a_passphrase_is_not_used(signing):
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", signing.key], check=True)
    signing.key.chmod(0o600)
    code, _, err = signing.sign("--all")
    assert (code, "is not encrypted" in err) == (2, True)


def test_without_a_terminal_the_passphrase_is_a_file(signing):
    signing.keygen()
    code, _, err = signing("playbook", "sign", "--all", "--key", str(signing.key))
    assert (code, "--passphrase-file" in err) == (2, True)
