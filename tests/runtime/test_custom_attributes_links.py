"""Custom attributes whose values are entities: used in criteria, read and written as entities of their own."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_entities import Project, User, UserCustomAttributeLink
from ftrack_typed import Session
from ftrack_typed.errors import QueryError


@pytest.fixture
def link(session: Session) -> UserCustomAttributeLink:
    """The director of the demo project."""
    found = session.query(UserCustomAttributeLink).first()
    assert found is not None
    return found


def test_they_lead_both_ways(session: Session, link: UserCustomAttributeLink) -> None:
    forth = session.query(
        f'select id from Project where custom_attribute_links any (to_id is "{link.to_id}")'
    )
    back = session.query(
        f'select id from User where custom_attribute_links_from any (from_id is "{link.from_id}")'
    )
    assert [each.id for each in forth] == [link.from_id]
    assert [each.id for each in back] == [link.to_id]
    by_key = session.query(
        'select id from Project where custom_attribute_links any (configuration.key is "director" and to_id is '
        f'"{link.to_id}")'
    )
    assert [each.id for each in by_key] == [link.from_id]
    assert link.user == session.get(User, link.to_id)


def test_they_are_no_values(session: Session) -> None:
    project: Any = session.query(Project).first()
    with pytest.raises(QueryError, match="can be used in criteria only"):
        project.custom_attribute_links  # noqa: B018
    assert "director" not in project.custom_attributes


def test_they_come_and_go(session: Session, other_session: Session, link: UserCustomAttributeLink) -> None:
    other = session.query(User).where(User.id != link.to_id).first()
    assert other is not None
    made = session.create(
        "UserCustomAttributeLink",
        {
            "configuration_id": link.configuration_id,
            "from_id": link.from_id,
            "from_entity_type": "Project",
            "to_id": other.id,
            "to_entity_type": "User",
        },
    )
    session.commit()
    criterion = UserCustomAttributeLink.to_id == other.id
    assert other_session.query(UserCustomAttributeLink).where(criterion).one().from_id == link.from_id
    session.delete(made)
    session.commit()
    assert other_session.query(UserCustomAttributeLink).where(criterion).first() is None
