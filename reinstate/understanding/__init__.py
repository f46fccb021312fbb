"""Reading a message: sentence encoders, the head on top, clauses, and what they add up to."""
