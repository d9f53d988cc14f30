"""Unit of work: recorded operations, local changes, commit and rollback."""
