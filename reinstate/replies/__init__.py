"""What is said, as messages that every channel can send. Pure."""
