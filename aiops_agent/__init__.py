"""An agent that reads a server's logs, diagnoses errors, repairs what it may, and keeps a record."""

import os

# From 1.32 on ONNX Runtime reports its use to its makers over HTTPS, from its import on, unless it is told before.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
