"""Keeping entities and caches in step with what events tell of changes made elsewhere."""
