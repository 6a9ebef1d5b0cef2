"""The commands: the one place that reads the clock, prints and exits."""
