"""Measurements as commands that print a table."""
