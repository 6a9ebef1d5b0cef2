"""Where the keys of the audit log and of the state are, as the configuration says; reads none of them."""

from collections.abc import Sequence

from aiops_agent.settings import Config
from aiops_agent.sources.quiet import stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.audit.keys import Keys

STATE_KEY = "state.key"
"""The file of the key that the state is encrypted with, beside the keys of the audit log."""


def keys_of(config: Config) -> "Keys":
    """Return the keys of the audit log, as the configuration says where they are. Reads none yet."""
    directory = config.state_dir / "keys"
    if config.credential is None:
        from aiops_agent.audit.keys import FileKeys

        return FileKeys(directory, config.auditor_key)
    from aiops_agent.audit.credential import CredentialKeys

    return CredentialKeys(directory, config.credentials, config.credential, config.auditor_key)


def key_stamps(config: Config) -> list[str]:
    """Return what changes when a key of the audit log is lost or replaced: a tick that looks is then no quiet one."""
    names = (*key_names(config), STATE_KEY)
    return [stamp(f"{config.state_dir}/keys/{name}") for name in names if name != "signing.key"]


def key_names(config: Config) -> Sequence[str]:
    """Return which files of keys no log can do without. The signing key is another one after each session."""
    return ("genesis.pub", "signing.key") if config.credential else ("genesis.pub", "signing.key", "wrapping.key")
