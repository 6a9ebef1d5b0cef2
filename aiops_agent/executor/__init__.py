"""A program of its own: runs as root what needs root, takes orders from the agent, and believes it nothing."""
