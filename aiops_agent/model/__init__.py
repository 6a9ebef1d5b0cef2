"""The nouns of the journey: frozen dataclasses, standard library only."""
