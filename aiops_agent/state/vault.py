"""What the database keeps encrypted: sealed for its place, so that no row can stand in for another."""

from aiops_agent.errors import AuditError, ForgedError
from aiops_agent.state.database import Database

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.ports import Cipher

_PROOF = b"proof"


class Vault:
    """Seals and opens for the tables.

    With the first thing sealed a proof of the key is left: from then on no other key is used, and none is made.
    """

    def __init__(self, database: Database, cipher: "Cipher") -> None:
        self._database = database
        self._cipher = cipher
        self._proven = b""
        self.failure: AuditError | ForgedError | None = None
        """Why evidence was withheld, the first time; None: it never was."""

    def seal(self, plain: bytes, context: str) -> bytes:
        """Return it encrypted; call inside the transaction that keeps it.

        Raises:
            AuditError: The key is gone or another one than what is here was encrypted with.
        """
        self._prove()
        return self._cipher.seal(plain, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Return what was sealed.

        Raises:
            AuditError: The key is gone or another one than what is here was encrypted with.
            ForgedError: It was not sealed for this place.
        """
        plain = self._cipher.open(sealed, context.encode())
        if plain is None:
            self._prove()
            kind, _, name = context.partition(" ")
            raise ForgedError(
                f"{self._database.path}: the {kind} of {name} was not written by this agent",
                hint="find out who can write that file, and in the audit log what was really decided; "
                "then move it aside and scan again",
            )
        return plain

    def check(self, *, thoroughly: bool = False) -> None:
        """Look whether the key of what is encrypted here is there; thoroughly: use it. Else that is the `failure`."""
        try:
            if (thoroughly or not self._cipher.exists()) and self._database.value("SELECT 1 FROM vault"):
                self._prove()
        except AuditError as error:
            self.note(error)

    def works(self) -> bool:
        """Tell whether something could be sealed now; why not is in `failure`."""
        try:
            self._prove()
        except AuditError as error:
            self.note(error)
            return False
        return True

    def note(self, failure: AuditError | ForgedError) -> str:
        """Remember why something is withheld, and return it in words."""
        self.failure = self.failure or failure
        return f"{failure.message}\n{failure.hint}"

    def _prove(self) -> None:
        """Check that the key is the one of this state, or begin with it."""
        proof = self._database.value("SELECT proof FROM vault")
        if proof is None:
            self._cipher.create()
            self._database.rows("INSERT INTO vault (proof) VALUES (?)", self._cipher.seal(b"", _PROOF))
        elif proof != self._proven:
            if not isinstance(proof, bytes) or self._cipher.open(proof, _PROOF) is None:
                raise AuditError(
                    f"the key of the state that is here is not the one {self._database.path} was encrypted with",
                    hint="restore keys/state.key from the backup that the database is from; "
                    "without it: move state.db aside and scan again",
                )
            self._proven = proof
