"""Which systems the encoder never sees: what is fitted on top of it is fitted, and judged, on those."""

import hashlib

ONE_IN = 5
"""Every fifth system: 20 %. The others teach the encoder."""


def is_apart(system: str) -> bool:
    """Tell whether a system is kept from the encoder.

    By a digest of its name, so that a new family of a known system, or another order of files, moves nothing across.
    """
    return int.from_bytes(hashlib.sha256(system.encode()).digest()[:4]) % ONE_IN == 0
