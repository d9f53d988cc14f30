"""``ftrack-typed listen``: a module of handlers as a service, with a journal if wanted, and its health."""
