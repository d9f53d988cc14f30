"""The tests of the same name of the local server, on PostgreSQL."""

from tests.local.test_permissions import *  # noqa: F403
