"""Rasa custom actions: adapters between slots and `reinstate`, one file per family."""
