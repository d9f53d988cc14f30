"""The tests of the same name of the local server, on PostgreSQL."""

from tests.local.test_actions import *  # noqa: F403
