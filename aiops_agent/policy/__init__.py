"""May we, should we, must we ask: pure functions."""
