"""Processes that measure one client each; with the other's libraries in the same process neither would be itself."""
