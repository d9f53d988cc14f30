"""Measurements of what a session costs; run them with ``make bench``."""
