"""A tiny training, as a program of its own: it can be killed as a real one is.

python learning.py TEACHER WORK [STEP]: with STEP it kills itself, by SIGKILL, when that many steps are done.
"""

import os
import signal
import sys
from pathlib import Path

import numpy as np

from aiops_agent.training.curriculum import NO_CATEGORY, Curriculum
from aiops_agent.training.make import learn
from aiops_agent.training.train import Course, prepare

CATEGORIES = ("disk_full", "timeout")
WORDS = ("disk", "full", "write", "failed", "timed", "out", "after", "waiting")
TEXTS = tuple(f"{WORDS[n % 8]} {WORDS[(n * 3 + 1) % 8]} {WORDS[n // 8 % 8]} {n}" for n in range(22))
CURRICULUM = Curriculum(
    (*TEXTS, "磁盘空间不足", "等待超时"),
    (*TEXTS, "disk full", None),
    np.array([n % 2 if n % 3 else NO_CATEGORY for n in range(22)] + [0, 1]),
)
COURSE = Course(epochs=2, seed=3, keep_every=0, batch=4)


def main(teacher, work, kill_at=None):
    def told(what, done, total):
        if what == "the student learns" and done == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    prepare(COURSE.seed)
    return learn(teacher, CURRICULUM, len(CATEGORIES), work, COURSE, told)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
