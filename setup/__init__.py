"""Prepares a machine for Reinstate: `.venv` and a browser for the tests.

Runs on any Python from 3.8 with nothing but the standard library, because nothing else is there yet.
"""
