#!/bin/bash
# Starts what it is told to; the shell says how that ended.
"$@"
exit 0
