"""Reads the real journal with small batches and rotates it between them, clearing old files away the first times.

Run inside the container, with how many times that is; prints what was counted as a JSON object.
"""

import json
import subprocess
import sys

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.sources import dealing
from aiops_agent.sources.journald import JournaldSource

dealing.BATCH_BYTES = 100_000


def main() -> None:
    source = JournaldSource("test", ["shop.service"], service=None, start="beginning", assembly=Assembly())
    vacuums = int(sys.argv[1])
    known = {}
    batches = []
    for batch in source.read(known):
        known[batch.checkpoint.key] = batch.checkpoint
        batches.append(batch)
        clear = ["--vacuum-files=1"] if len(batches) <= vacuums else []
        subprocess.run(["journalctl", "--rotate", *clear], check=True, capture_output=True)
    again = list(source.read(known))
    print(
        json.dumps(
            {
                "errors": sum(s.count for batch in batches for s in batch.sightings),
                "again": sum(s.count for batch in again for s in batch.sightings),
                "notices": [(notice.kind, notice.detail) for batch in batches for notice in batch.notices],
                "batches": len(batches),
            }
        )
    )


main()
