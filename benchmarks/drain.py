"""`drain.py LOG`: give the lines that tell an error to Drain3, which finds their templates. Prints how many of each."""

import re
import sys
from pathlib import Path

from drain3 import TemplateMiner
from peers import patterns

error = re.compile("|".join(patterns()))
miner = TemplateMiner()
lines = 0
with Path(sys.argv[1]).open(encoding="utf-8", errors="replace") as log:
    for line in log:
        if error.search(line):
            miner.add_log_message(line.rstrip("\n"))
            lines += 1
print(lines, len(miner.drain.clusters))
