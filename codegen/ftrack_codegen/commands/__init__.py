"""Subcommands of ``ftrack-typed`` that this package brings."""
