"""Random work in a session ends where a dictionary would."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from ftrack_entities import Status
from ftrack_local import LocalServer
from ftrack_typed import Session

NAMES = st.sampled_from(["wip", "done", 'with "quotes"', "ünï"])
COLORS = st.sampled_from(["#000000", "#ffffff"])


def test_a_session_does_what_a_dictionary_does(local_server: LocalServer) -> None:
    def connect() -> Session:
        return Session(local_server.url, local_server.api_key, local_server.api_user, schema_cache_path=False)

    with connect() as session, connect() as witness:

        class Work(RuleBasedStateMachine):
            """Statuses made, changed and deleted, beside what they must be."""

            statuses = Bundle("statuses")

            def __init__(self) -> None:
                super().__init__()
                self.server: dict[str, dict[str, Any]] = {}
                self.here: dict[str, dict[str, Any]] = {}

            @rule(target=statuses, name=NAMES, color=COLORS)
            def create(self, name: str, color: str) -> Status:
                made: Status = session.create("Status", {"name": name, "color": color})
                self.here[made["id"]] = {"name": name, "color": color}
                return made

            @rule(status=statuses, name=NAMES)
            def rename(self, status: Status, name: str) -> None:
                if status["id"] in self.here:
                    status.name = name
                    self.here[status["id"]]["name"] = name

            @rule(status=statuses, color=COLORS)
            def paint(self, status: Status, color: str) -> None:
                if status["id"] in self.here:
                    status["color"] = color
                    self.here[status["id"]]["color"] = color

            @rule(status=consumes(statuses))
            def delete(self, status: Status) -> None:
                if status["id"] in self.here:
                    session.delete(status)
                    del self.here[status["id"]]

            @rule()
            def query(self) -> None:
                session.query("select name, color from Status").all()

            @rule()
            def commit(self) -> None:
                session.commit()
                self.server = {key: dict(values) for key, values in self.here.items()}

            @rule()
            def rollback(self) -> None:
                session.rollback()
                self.here = {key: dict(values) for key, values in self.server.items()}

            @invariant()
            def lists_tell_what_is_open(self) -> None:
                assert {made["id"] for made in session.created} == self.here.keys() - self.server.keys()
                assert {gone["id"] for gone in session.deleted} >= self.server.keys() - self.here.keys()
                if not len(session.recorded_operations):
                    assert session.created == session.modified == session.deleted == []

            @invariant()
            def values_are_the_last_ones(self) -> None:
                for key, values in self.here.items():
                    held = session.get(Status, key)
                    assert held is not None
                    assert {"name": held.name, "color": held.color} == values

            def teardown(self) -> None:
                rows = witness.query("select name, color from Status").all()
                found = {row.id: {"name": row.name, "color": row.color} for row in rows}
                assert {key: found.get(key) for key in self.server} == self.server
                session.rollback()
                for key in self.server:
                    session.delete(session.get("Status", key))
                session.commit()

        run_state_machine_as_test(
            Work,
            settings=settings(
                max_examples=25,
                stateful_step_count=20,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )
