"""Config -> Agent."""
