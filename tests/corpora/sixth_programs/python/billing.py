"""Bills customers at the end of a month: SQLAlchemy, pydantic, and logging set up by a dictionary."""

import logging
import logging.config
import random
import sys
import threading
import warnings
from decimal import Decimal

import marks
import pydantic
import sqlalchemy as sa
from sqlalchemy import orm

logging.config.dictConfig(
    {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"f": {"format": "[%(asctime)s] %(levelname)-8s %(name)s:%(lineno)d | %(message)s"}},
        "handlers": {"err": {"class": "logging.StreamHandler", "formatter": "f"}},
        "root": {"level": "DEBUG", "handlers": ["err"]},
    }
)
runs = logging.getLogger("billing.runs")
mail = logging.getLogger("billing.mail")
chance = random.Random(6)


class Base(orm.DeclarativeBase):
    pass


class Invoice(Base):
    __tablename__ = "invoices"
    number: orm.Mapped[str] = orm.mapped_column(primary_key=True)
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("customers.id"))
    cents: orm.Mapped[int] = orm.mapped_column(sa.CheckConstraint("cents >= 0"))


class Customer(Base):
    __tablename__ = "customers"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    iban: orm.Mapped[str]


class Position(pydantic.BaseModel):
    sku: str
    amount: int
    price: Decimal
    vat: float = pydantic.Field(ge=0, le=1)


class BillingError(Exception):
    """Something about one bill."""


engine = sa.create_engine("sqlite://")
Base.metadata.create_all(engine)
with orm.Session(engine) as first:
    first.add(Customer(id=1, iban="DE02100500000054540402"))
    first.add(Invoice(number="R-1", customer_id=1, cents=100))
    first.commit()


def store_twice():
    with orm.Session(engine) as session:
        session.add(Invoice(number="R-1", customer_id=1, cents=chance.randint(1, 9999)))
        session.commit()


def refund_below_zero():
    with engine.begin() as connection:
        connection.execute(sa.insert(Invoice).values(number=f"R-{chance.randint(2, 999)}", customer_id=1, cents=-4))


def forgotten_migration():
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT dunning_level FROM invoices WHERE number = :n"), {"n": "R-1"})


def one_expected():
    with orm.Session(engine) as session:
        return session.execute(sa.select(Customer).where(Customer.id == chance.randint(7, 99))).scalar_one()


def detached():
    with orm.Session(engine) as session:
        customer = session.get(Customer, 1)
        session.commit()
    return customer.iban


def positions_wrong():
    return Position.model_validate({"sku": 4, "amount": "many", "price": "1,50", "vat": 19})


def split_among_none():
    return Decimal(chance.randint(100, 900)) / Decimal(0)


def rounding():
    return Decimal("12,40")


def template():
    return "Dear {name}, you owe {sum} until {due}".format(name="K. Oe", sum=12)


def currency():
    rates = {"EUR": 1, "CHF": Decimal("0.94")}
    return rates["GB" + "P"]


def encode():
    return "Größe: 3 µm".encode("ascii")


def month_end():
    from datetime import date

    return date(2026, 11, 31)


def chained():
    try:
        currency()
    except KeyError as e:
        raise BillingError("no rate for customer 1") from e


def while_undoing():
    try:
        split_among_none()
    except ArithmeticError:
        with open("/var/spool/billing/undo.lock") as f:
            return f.read()


def several():
    problems = []
    for check in (rounding, month_end, currency):
        try:
            check()
        except Exception as e:
            problems.append(e)
    raise ExceptionGroup(f"bill R-{chance.randint(10, 99)} has {len(problems)} problems", problems)


FAILURES = [
    store_twice,
    refund_below_zero,
    forgotten_migration,
    one_expected,
    detached,
    positions_wrong,
    split_among_none,
    rounding,
    template,
    currency,
    encode,
    month_end,
    chained,
    while_undoing,
    several,
]


def healthy():
    n = chance.randint(1, 9999)
    return chance.choice(
        [
            lambda: runs.info("billing run %d started, 0 errors so far", n),
            lambda: runs.info("customer %d: nothing to bill", n),
            lambda: runs.debug("SELECT count(*) FROM failed_payments -> %d", 0),
            lambda: runs.info("rendered R-%d in %.1f ms", n, n / 70),
            lambda: runs.debug("rule 'raise_error_on_gap' evaluated to False"),
            lambda: runs.warning("customer %d has no mail address, sending a letter", n),
            lambda: runs.info("failed=0 skipped=%d done=%d", n % 7, n),
            lambda: mail.info("sent R-%d to customer %d", n, n % 300),
            lambda: mail.info("delivery of R-%d succeeded at second attempt (first: connection refused)", n),
            lambda: mail.debug("smtp << 250 2.0.0 Ok: queued as 4F%dC", n),
            lambda: mail.warning("greylisted by mx.example.org, next try in 300 s"),
            lambda: mail.info("subject: Re: Fatal error in your invoice? -> ticket %d", n),
            lambda: runs.info("exception list of tax office loaded (%d entries)", n % 50),
            lambda: warnings.warn("column 'sum' is deprecated, use 'cents'", DeprecationWarning, stacklevel=2),
        ]
    )()


def tell(work, how):
    what = f"R-{chance.randint(100, 999)}"
    try:
        work()
    except Exception as e:
        with marks.failure():
            match how:
                case 0:
                    runs.exception("billing of %s failed", what)
                case 1:
                    runs.error("%s: %s", type(e).__name__, e)
                case 2:
                    runs.critical("giving up run", exc_info=True)
                case 3:
                    mail.warning("could not attach %s", what, exc_info=True)
                case 4:
                    runs.error("Rechnung %s nicht erstellt (%r)", what, e)


def in_thread(work):
    with marks.failure():
        thread = threading.Thread(target=work, name=f"renderer-{chance.randint(1, 4)}")
        thread.start()
        thread.join()


def serve():
    rounds = [(work, how) for work in FAILURES for how in chance.sample(range(6), 2)]
    chance.shuffle(rounds)
    for work, how in rounds:
        for _ in range(chance.choice((0, 1, 3, 4, 6))):
            healthy()
        in_thread(work) if how == 5 else tell(work, how)


if __name__ == "__main__":
    warnings.simplefilter("always")
    if sys.argv[1] == "serve":
        serve()
    else:
        for _ in range(4):
            healthy()
        marks.begin()
        {f.__name__: f for f in FAILURES}[sys.argv[2]]()
