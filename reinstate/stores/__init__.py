"""Where conversations are kept, and who may work on one at a time."""
