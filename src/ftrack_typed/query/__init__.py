"""Queries: criteria and paths, their text, and the results."""
