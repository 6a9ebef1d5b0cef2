"""Jobs of a night: prints what it does, children and pools, runs under cron's eye."""

import concurrent.futures
import csv
import json
import multiprocessing
import os
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import traceback
import zipfile
from xml.etree import ElementTree

import marks

chance = random.Random(9)


class JobFailed(Exception):
    def __init__(self, job, why):
        super().__init__(f"{job}: {why}")


def child(n):
    return [1, 2, 3][n]


def xml():
    ElementTree.fromstring("<feed><item></feed>")


def shell():
    subprocess.run(["sh", "-c", "exit 3"], check=True)


def no_tool():
    subprocess.run(["wkhtmltopdf-0.13", "--version"], check=True)


def slow():
    subprocess.run(["sleep", "5"], timeout=0.05, check=True)


def sqlite():
    sqlite3.connect(":memory:").execute("INSERT INTO stock VALUES (1)")


def archive():
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"not an archive")
        file.flush()
        zipfile.ZipFile(file.name)


def full():
    with open("/dev/full", "w") as file:
        file.write("x" * 100_000)


def port():
    socket.create_connection(("127.0.0.1", 9), timeout=1)


def name():
    socket.getaddrinfo("ftp.invalid", 21)


def columns():
    for row in csv.DictReader(["id;price", "1;2"], strict=True):
        float(row["price"])


def copy():
    shutil.copy("/srv/export/yesterday.csv", "/srv/import/")


def pool():
    with concurrent.futures.ProcessPoolExecutor(1) as executor:
        executor.submit(child, 7).result()


def dead_pool():
    with concurrent.futures.ProcessPoolExecutor(1) as executor:
        executor.submit(os._exit, 3).result()


def wrapped():
    try:
        port()
    except OSError as e:
        raise JobFailed("upload", "partner is down") from e


def parse():
    return json.loads('{"id": 4,}')


JOBS = [xml, shell, no_tool, slow, sqlite, archive, full, port, name, columns, copy, pool, dead_pool, wrapped, parse]


def say(*words):
    print(*words, flush=True)


def healthy():
    n = chance.randint(1, 9999)
    say(
        chance.choice(
            [
                f"job {n} done in {n % 60}s",
                f"{n} rows read, {n % 9} skipped, 0 failed",
                "checking for errors: none",
                f"wrote /srv/export/part-{n}.csv",
                f"uploading part {n} ... ok",
                "warning: column 'vat' is empty in 3 rows",
                f"retrying {n % 5} failed uploads: all succeeded",
                "no exceptions today",
                f"disk: {n % 60} % used",
                "===== next job =====",
            ]
        )
    )


def tell(job, how):
    try:
        job()
    except Exception as e:
        with marks.failure():
            if how == 0:
                traceback.print_exc()
            elif how == 1:
                say(f"ERROR: job {job.__name__} failed:", e)
            elif how == 2:
                say(f"job {job.__name__} crashed")
                traceback.print_exc()
            elif how == 3:
                say(f"[{job.__name__}] fatal: {type(e).__name__}: {e}")


def serve():
    rounds = [(job, how) for job in JOBS for how in chance.sample(range(4), 2)]
    chance.shuffle(rounds)
    for job, how in rounds:
        for _ in range(chance.choice((1, 2, 4, 5))):
            healthy()
        tell(job, how)


def in_process():
    process = multiprocessing.Process(target=xml, name="importer")
    process.start()
    process.join()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    else:
        for _ in range(4):
            healthy()
        marks.begin()
        {f.__name__: f for f in [*JOBS, in_process]}[sys.argv[2]]()
