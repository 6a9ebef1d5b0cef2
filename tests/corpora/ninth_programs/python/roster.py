"""A hospital's rosters: it plans the shifts of wards, publishes them, and fails in the ways such a worker fails."""

import asyncio
import concurrent.futures
import contextlib
import gc
import json
import logging
import logging.config
import random
import sqlite3
import subprocess
import sys
import threading
import traceback
import urllib.request
from datetime import date, datetime, timezone
from pathlib import Path

WAY, SEED, START, STATE = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
log = logging.getLogger("roster.publish")
WARDS = [
    "cardiology-2",
    "paediatrics",
    "ICU east",
    "maternity",
    "oncology day unit",
    "A&E",
    "内科三病区",
    "Chirurgie Süd",
]
PEOPLE = ["M. Okafor", "L. Brandt", "王秀英", "S. Núñez", "J. Whitlock", "A. Dvořák", "P. Iyer"]
chance = random.Random(SEED)


def say(mark):
    for handler in logging.getLogger().handlers:
        handler.flush()
    sys.stdout.flush()
    sys.stderr.flush()
    print(mark, flush=True)


class RosterError(Exception):
    pass


class RuleViolation(RosterError):
    def __init__(self, rule, person, hours):
        super().__init__(f"rule {rule} broken: {person} has only {hours}h rest between shifts")
        self.rule = rule


class PublishFailed(RosterError):
    pass


# what it does


def staff(ward):
    return {"nurses": chance.randint(3, 9), "doctors": chance.randint(1, 4), "ward": ward}


def shift_of(person, shifts):
    return shifts[person]


def plan(ward):
    shifts = {p: "late" for p in PEOPLE[:3]}
    return shift_of(chance.choice(PEOPLE[3:]), shifts)


def hours_per_head(total, heads):
    return total / heads


def balance(ward):
    return hours_per_head(chance.randint(100, 400), len([p for p in PEOPLE if p.startswith(ward[:0] + "~")]))


def parsed(text):
    return json.loads(text)


def import_leave(ward):
    return parsed('{"ward": "%s", "leave": [%d, ' % (ward, chance.randint(2, 90)))


def stored(ward):
    base = sqlite3.connect(":memory:")
    with contextlib.closing(base):
        return base.execute("select person from shifts where ward = ?", (ward,)).fetchall()


def stored_twice(ward):
    base = sqlite3.connect(":memory:")
    base.execute("create table shift (ward text, day text, unique (ward, day))")
    for _ in range(2):
        base.execute("insert into shift values (?, ?)", (ward, "2026-12-01"))


def fetched(ward):
    with urllib.request.urlopen(f"http://127.0.0.1:9/absences?ward={ward[:3]}", timeout=2) as answer:
        return answer.read()


def checked(ward):
    raise RuleViolation(f"§{chance.randint(3, 12)}", chance.choice(PEOPLE), chance.randint(4, 9))


def published(ward):
    try:
        checked(ward)
    except RuleViolation as error:
        raise PublishFailed(f"roster of {ward} not published") from error


def published_over_a_bad_cache(ward):
    try:
        plan(ward)
    except KeyError:
        Path("/srv/rosters/cache").joinpath(f"{chance.randint(100, 999)}.json").read_text()


def noted(ward):
    try:
        balance(ward)
    except ZeroDivisionError as error:
        error.add_note(f"while balancing {ward}")
        error.add_note(f"roster week {chance.randint(1, 52)}, draft {chance.randint(1, 6)}")
        raise


async def synchronised(ward):
    async def one(system):
        await asyncio.sleep(0)
        if system == "payroll":
            raise ConnectionError(f"{system}: connection reset while sending {ward}")
        raise TimeoutError(f"{system}: no answer in {chance.randint(5, 30)}s")

    async with asyncio.TaskGroup() as group:
        for system in ("payroll", "badge system", "pager gateway")[: chance.randint(2, 3)]:
            group.create_task(one(system))


def sync(ward):
    asyncio.run(synchronised(ward))


def validated(ward):
    errors = []
    for person in chance.sample(PEOPLE, 3):
        try:
            if chance.random() < 0.5:
                raise RuleViolation("§5", person, chance.randint(2, 9))
            int(f"{person[:2]}h")
        except (RosterError, ValueError) as error:
            errors.append(error)
    raise ExceptionGroup(f"{len(errors)} problems in the roster of {ward}", errors)


def exported(ward):
    subprocess.run(["false", f"--ward={ward}"], check=True)


def decoded(ward):
    return b"Stationsb\xfccher ".decode("utf-8") + ward


def cover(person, depth=0):
    """Someone covers for someone who covers for the first."""
    return cover(person, depth + 1)


def pooled(ward):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return pool.submit(plan, ward).result()


def several_lines(ward):
    raise RosterError(
        f"cannot fill {ward}:\n  night of {date(2026, 12, chance.randint(1, 28))}: 2 short\n"
        f"  night of {date(2026, 12, chance.randint(1, 28))}: 1 short"
    )


def asserted(ward):
    heads = staff(ward)
    assert heads["nurses"] < 0, f"{ward} has {heads['nurses']} nurses, rule asks for more"


def chinese(ward):
    raise RosterError(f"排班失败：{ward} 缺少 {chance.randint(1, 5)} 名夜班护士")


def opened(ward):
    return open(f"/srv/rosters/{date(2026, 11, chance.randint(1, 28))}.csv").read()


def typed(ward):
    return staff(ward)["nurses"] + "2"


def missing(ward):
    return datetime.now(timezone.utc).shift(days=1)


RAISING = [
    plan,
    balance,
    import_leave,
    stored,
    stored_twice,
    fetched,
    published,
    published_over_a_bad_cache,
    noted,
    sync,
]
RAISING += [validated, exported, decoded, pooled, several_lines, asserted, chinese, opened, typed, missing]
TOLD = [
    "could not publish roster of {w}",
    "Import of leave for {w} failed",
    "job {n} failed",
    "Unhandled exception while planning {w}",
    "unexpected error, draft {n} kept",
    "发布 {w} 的排班时出错",
    "planning aborted after {n} ms",
]
LINES = [
    "no connection to the badge system at 10.4.0.{o}:4001, giving up after 3 attempts",
    "Failed to send roster of {w} to {p}: 550 mailbox unavailable",
    "database is locked, draft {n} was not saved",
    "shift swap {n} refused by payroll: invalid contract number",
    "无法连接工资系统：连接超时（{o} 秒）",
    "Cannot read template wards/{n}.odt: permission denied",
    "Error while rendering the plan of {w}: font not found",
]
MULTI = [
    "roster of {w} is invalid:\n  - {p}: two shifts on one day\n  - {q}: no rest after night shift",
    "sync with payroll failed\n  request: POST /v2/shifts ({n} rows)\n  answer: 422 contract ended",
]
WORK = [
    "planned {w}: {n} shifts for {o} people",
    "roster of {w} published, week 49",
    "{p} swapped a late with {q}",
    "leave of {p} imported",
    "draft {n} saved in {o} ms",
    "rules checked for {w}: 0 errors, 0 warnings",
    "GET /rosters/exception-days?ward={o} 200 {n}",
    "no error found in draft {n}",
    "payroll answered at attempt 2 of 3, going on",
    "last run: failed=0 published={o}",
    "reading /srv/rosters/errors/none.csv: empty, nothing to correct",
    "夜班计划已完成，共 {n} 个班次",
]
WARNED = [
    "{w} is planned with {o} people at night",
    "draft {n} is older than 7 days",
    "certificate of the pager gateway ends in {o} days",
]


def filled(text):
    p, q = chance.sample(PEOPLE, 2)
    return text.format(w=chance.choice(WARDS), n=chance.randint(100, 9999), o=chance.randint(2, 99), p=p, q=q)


# how it is logged


class JsonLines(logging.Formatter):
    def format(self, record):
        told = {
            "asctime": self.formatTime(record),
            "name": record.name,
            "levelname": record.levelname,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["exc_info"] = self.formatException(record.exc_info)
        elif record.levelno < logging.WARNING:
            told["error"] = None
        return json.dumps(told, ensure_ascii=SEED % 2 == 0)


class Uvicorn(logging.Formatter):
    def formatMessage(self, record):
        record.levelprefix = f"{record.levelname}:".ljust(9)
        return super().formatMessage(record)


FORMATTERS = {
    "bracket": {"format": "[%(levelname)s] %(asctime)s %(name)s: %(message)s"},
    "dictconfig": {"format": "{asctime} {levelname:<8} {module}:{lineno} {message}", "style": "{"},
    "gunicorn": {
        "format": "%(asctime)s [%(process)d] [%(levelname)s] %(message)s",
        "datefmt": "[%Y-%m-%d %H:%M:%S %z]",
    },
    "uvicorn": {"()": Uvicorn, "format": "%(levelprefix)s %(message)s"},
    "journal": {"format": "%(levelname)s:%(name)s:%(message)s"},
    "json": {"()": JsonLines},
}


def configure():
    if WAY != "stderr":
        logging.config.dictConfig(
            {
                "version": 1,
                "disable_existing_loggers": False,
                "formatters": {"it": FORMATTERS[WAY]},
                "handlers": {"it": {"class": "logging.StreamHandler", "formatter": "it"}},
                "root": {"level": "INFO", "handlers": ["it"]},
            }
        )


def work():
    for _ in range(chance.randint(2, 4)):
        text = filled(chance.choice(WORK))
        if WAY == "stderr":
            print(text, file=sys.stderr)
        elif chance.random() < 0.1:
            log.warning(filled(chance.choice(WARNED)))
        else:
            log.info(text)


def raised(what):
    try:
        what(chance.choice(WARDS))
    except Exception as error:
        told = filled(chance.choice(TOLD))
        if WAY != "stderr":
            if chance.random() < 0.2:
                log.critical(told, exc_info=True)
            elif chance.random() < 0.2:
                log.exception(error)
            else:
                log.exception(told)
        else:
            if chance.random() < 0.3:
                print(f"ERROR: {told}", file=sys.stderr)
            traceback.print_exc()


def line():
    text = filled(chance.choice(LINES))
    if WAY == "stderr":
        print(f"{chance.choice(['ERROR', 'roster: error', 'Error'])}: {text}", file=sys.stderr)
    else:
        log.log(chance.choice([logging.ERROR, logging.ERROR, logging.CRITICAL]), text)


def lines():
    text = filled(chance.choice(MULTI))
    if WAY == "stderr":
        print(f"ERROR: {text}", file=sys.stderr)
    else:
        log.error(text)


def in_a_thread():
    """A thread of the service dies; the rest goes on."""
    thread = threading.Thread(target=chance.choice([plan, checked, import_leave]), args=(chance.choice(WARDS),))
    thread.start()
    thread.join()


def never_awaited():
    """asyncio's own logger tells it."""

    async def main():
        task = asyncio.ensure_future(synchronised(chance.choice(WARDS)))
        await asyncio.wait([task])
        del task

    asyncio.run(main())
    gc.collect()  # it is told when the task is collected, which is to be now


def deep():
    try:
        cover(chance.choice(PEOPLE))
    except RecursionError:
        if WAY == "stderr":
            traceback.print_exc()
        else:
            log.exception("nobody covers")


def die(what):
    what(chance.choice(WARDS))


def exits(ward):
    sys.exit(f"roster: fatal: cannot lock /run/roster/{chance.randint(10, 99)}.lock: Resource temporarily unavailable")


def bad_code(ward):
    exec(compile("rules = {\n  'rest': 11,\n  'nights': 4\nmax = 2\n", "/etc/roster/rules.py", "exec"))


def no_module(ward):
    import hospital_calendar


DEATHS = [
    plan,
    published,
    noted,
    sync,
    validated,
    bad_code,
    no_module,
    chinese,
    several_lines,
    exits,
    fetched,
    asserted,
]
DEATHS += [published_over_a_bad_cache, opened, cover, pooled]


def jobs():
    order = random.Random(SEED)
    kinds = [("raised", x) for x in RAISING] + [("line", line)] * 6 + [("lines", lines)] * 3
    kinds += [("other", in_a_thread)] * 3 + [("other", never_awaited)] * (WAY != "stderr") + [("other", deep)]
    kinds += [("die", x) for x in DEATHS]
    order.shuffle(kinds)
    return kinds


def main():
    configure()
    todo = jobs()
    for number, (how, what) in enumerate(todo):
        if number < START:
            continue
        chance.seed(SEED * 1000 + number)
        STATE.write_text(str(number))
        work()
        say("\2")
        if how == "raised":
            raised(what)
        elif how == "die":
            die(what)
        else:
            what()
        say("\3")
    work()
    STATE.write_text("done")


if __name__ == "__main__":
    main()
