"""The tests of the same name of the local server, on PostgreSQL."""

from tests.local.test_querying import *  # noqa: F403

# PostgreSQL joins as many tables as it is asked to.
del test_queries_beyond_the_database_fail_clearly  # noqa: F821
