"""What is known of a person, what follows from it, and what is said: pure, without Rasa."""
