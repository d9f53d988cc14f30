"""Query results: what was asked for, loaded in a bounded number of statements, as wire documents."""
