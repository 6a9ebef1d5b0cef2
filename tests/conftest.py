"""What holds for the tests of every room."""

from hypothesis import settings

# How long an example takes says how busy the machine is; what must be quick has a test of its own.
settings.register_profile("unhurried", settings.default, deadline=None)
settings.load_profile("unhurried")
