"""An agent that reads a server's logs, diagnoses errors, repairs what it may, and keeps a record."""
