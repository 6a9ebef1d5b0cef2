"""One order at a time: examined, intended on disk, carried out, concluded; after a kill looked at, never repeated."""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from aiops_agent.assembly.redact import redact
from aiops_agent.errors import AuditError, ForgedError, StateError
from aiops_agent.executor.checks import Ready, aimed, examine
from aiops_agent.executor.desk import Desk
from aiops_agent.model.incident import outcome_of
from aiops_agent.model.order import Order, Progress, Refused, Running, Unknown
from aiops_agent.model.playbook import Command, Failed, NotNeeded, RunResult, reworded
from aiops_agent.noun import replace
from aiops_agent.playbook import wire
from aiops_agent.playbook.recover import recover
from aiops_agent.playbook.run import execute
from aiops_agent.ports import Executor, Inventory
from aiops_agent.state.actions import Action

MOST_REMEMBERED = 100
"""Refusals whose reason can still be asked for; nothing was done for them, so nothing of them is on disk."""

_LOOK_YOURSELF = ("look at the service yourself",)


class Work:
    """Carries out orders in a thread of its own, so that a halt is heard meanwhile."""

    def __init__(self, desk: Desk, hands: Executor, inventory: Inventory) -> None:
        """Begin with nothing to do."""
        self._desk = desk
        self._hands = hands
        self._inventory = inventory
        self._lock = threading.RLock()
        self._at: Order | None = None
        self._stopped = threading.Event()
        self._refused: OrderedDict[str, Refused | NotNeeded] = OrderedDict()
        self._thread: threading.Thread | None = None
        self.fault: BaseException | None = None
        """What ended a run that nothing should have ended: the program ends with it, and looks again when it starts."""

    def take(self, order: Order) -> Progress:
        """Begin with it, if nothing is being done; return where it stands."""
        with self._lock:
            known = self.progress(order.id)
            if not isinstance(known, Unknown):
                return known
            if self._at is not None:
                return Refused("busy", f"{self._at.playbook} is being run on {self._at.service}: one at a time")
            self._at = order
            self._stopped.clear()
            self._thread = threading.Thread(target=self._carry_out, args=[order], name="work")
            self._thread.start()
        return Running()

    def progress(self, identity: str) -> Progress:
        """Return where an order stands."""
        with self._lock:
            if self._at is not None and self._at.id == identity:
                return Running()
            if identity in self._refused:
                return self._refused[identity]
            said = self._desk.orders.result(identity)
            return wire.heard(json.loads(said)) if said else Unknown()

    def cancel(self, identity: str | None) -> bool:
        """Stop that one, or whichever there is; False: it is not being carried out."""
        with self._lock:
            if self._at is None or identity not in (None, self._at.id):
                return False
            self._stopped.set()
            return True

    def end(self) -> None:
        """Stop what is being done, and wait until it is taken back and concluded."""
        self.cancel(None)
        if self._thread:
            self._thread.join()

    def _is_stopped(self) -> bool:
        return self._stopped.is_set() or self._desk.is_halted()

    def _carry_out(self, order: Order) -> None:
        try:
            begun = self._begun(order)
            if isinstance(begun, Ready):
                self._conclude(order.id, self._executed(begun))
        except BaseException as error:
            self.fault = error
            raise
        with self._lock:
            if not isinstance(begun, Ready):
                self._refused[order.id] = begun
                while len(self._refused) > MOST_REMEMBERED:
                    self._refused.popitem(last=False)
            self._at = None

    def _begun(self, order: Order) -> Ready | Refused | NotNeeded:
        """Return an order that nothing speaks against, and that is on disk as begun; or why it is not."""
        desk, now = self._desk, self._desk.clock.now()
        try:
            found = examine(desk, order, self._inventory, self._hands, now, self._is_stopped)
            if isinstance(found, Ready):
                found = self._intended(found, now)
        except (AuditError, StateError) as error:
            name = "audit_unavailable" if isinstance(error, AuditError) else "state_unavailable"
            found = Refused(name, error.message)
        if isinstance(found, Refused):
            found = replace(found, why=redact(found.why))
            desk.complain("refused", order.id, "agent", **order.about, why=found.name, detail=found.why)
        elif isinstance(found, NotNeeded):
            found = replace(found, detail=redact(found.detail))
            desk.complain("not_needed", order.id, "agent", **order.about, at=found.probe, detail=found.detail)
        return found

    def _intended(self, ready: Ready, now: datetime) -> Ready | Refused:
        """Put down what is about to be done: in the state, with the question used up, and then in the record."""
        desk, order = self._desk, ready.order
        action = Action(order.id, None, order.playbook, order.digest, order.service, now)
        question = ready.question.id if ready.question else None
        with desk.transaction():
            if question is not None and not desk.questions.use(question, now):
                return Refused("not_approved", "what was agreed to has been used, or its time is over")
            desk.actions.intend(action)
            desk.orders.take(order.id, order.incident, question)
        try:
            desk.record("intent", order.id, "agent", **order.about, question=question)
        except AuditError as error:  # what was agreed to stays used: it is asked again when it can be recorded
            with desk.transaction():
                desk.orders.withdraw(order.id)
                desk.actions.withdraw(order.id)
            return Refused("audit_unavailable", error.message)
        return ready

    def _executed(self, ready: Ready) -> RunResult:
        desk, identity = self._desk, ready.order.id
        try:
            result = execute(
                ready.bound,
                self._hands,
                desk.clock,
                halted=self._is_stopped,
                record=self._recorder(identity),
                journal=desk.undo.of(identity),
            )
        except (AuditError, StateError) as error:  # what had been done was taken back
            result = Failed("record", error.message, undone=False, left_behind=_LOOK_YOURSELF)
        return reworded(result, redact)

    def _conclude(self, identity: str, result: RunResult) -> None:
        """Put down what came of it: in the record, and in the state that counts it."""
        desk = self._desk
        outcome = outcome_of(result)
        word = outcome.value if outcome else "not_needed"
        incident = desk.orders.incident(identity)
        try:
            desk.record("result", identity, incident=incident, outcome=word, detail=result.detail)
        except AuditError as error:  # it counts all the same, or a full disk would lift the caps
            result = replace(result, detail=f"{result.detail}; this result could not be recorded: {error.message}")
        with desk.transaction():
            desk.orders.settle(identity, json.dumps(wire.told(result)))
            desk.actions.finish(identity, outcome, desk.clock.now())
            desk.undo.forget(identity)

    def settle_interrupted(self) -> None:
        """Look at what a kill cut short: never repeated, taken back where its undo journal says how, and told.

        Raises:
            AuditError: It cannot be recorded, or its journal not be opened: it is to be called again.
            StateError: The same, of the state.
        """
        for action in self._desk.actions.interrupted():
            # Refused: it is not the playbook any more that was run, or it cannot be aimed.
            bound = aimed(self._desk, action.playbook, action.digest, action.target, self._inventory)
            try:
                result = recover(
                    None if isinstance(bound, Refused) else bound,
                    self._hands,
                    record=self._recorder(action.id),
                    journal=self._desk.undo.of(action.id),
                )
            except ForgedError as error:
                result = Failed("interrupted", error.message, undone=False, left_behind=_LOOK_YOURSELF)
            self._conclude(action.id, reworded(result, redact))

    def _recorder(self, identity: str) -> Callable[[Command], None]:
        def recorded(change: Command) -> None:
            arguments = redact(" ".join(f"{name}={value}" for name, value in change.arguments.items()))
            self._desk.record("step", identity, verb=change.verb, arguments=arguments)

        return recorded
