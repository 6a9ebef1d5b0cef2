"""What is it, and what do we know about it: classifier, embedder, knowledge base."""
