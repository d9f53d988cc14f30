"""The tests of the same name of the local server, on PostgreSQL."""

from tests.local.test_refused_writing import *  # noqa: F403
