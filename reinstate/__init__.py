"""Reinstate: a support chatbot for freelancers whose Upwork account was suspended."""
