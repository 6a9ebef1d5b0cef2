"""Telling people: compose a report, deliver it to a platform."""
