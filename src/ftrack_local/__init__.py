"""A local ftrack server: the same wire protocol over SQLite, for demos, tests and offline work."""
