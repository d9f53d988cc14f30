"""The tests of the same name of the local server, on PostgreSQL."""

from tests.local.test_aggregation import *  # noqa: F403
