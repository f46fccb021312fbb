"""Reinstate: a support chatbot for freelancers whose Upwork account was suspended."""

import logging

# Rasa's dependencies warn their own developers by the dozen, and one of them switches hidden
# warnings on again. None is for an operator, so they stay out of the log.
logging.captureWarnings(True)
logging.getLogger("py.warnings").setLevel(logging.ERROR)
