"""A day in a pipeline: find my tasks, start one, publish its result and get it reviewed.

Where the server is and who is asking comes from ``FTRACK_SERVER``, ``FTRACK_API_USER`` and
``FTRACK_API_KEY``. A type checker follows every attribute of it: try misspelling one.
"""

from __future__ import annotations

import ftrack_entities as studio
from ftrack_typed import Session


def my_open_tasks(session: Session, user: studio.User) -> list[studio.Task]:
    """Compositing tasks of `user` that aren't finished, the most urgent first."""
    return list(
        session.query(studio.Task)
        .where(
            studio.Task.assignments.any(studio.Appointment.resource == user),
            studio.Task.type.name == "Compositing",
            studio.Task.status.state.short.not_in(["DONE", "BLOCKED"]),
        )
        .load(
            studio.Task.name,
            studio.Task.bid,
            studio.Task.status.name,
            studio.Task.link,
            studio.Task.parent,
            studio.Task.project.full_name,
        )
        .order_by(studio.Task.priority.sort, studio.Task.end_date)
        .limit(5)
    )


def start(session: Session, task: studio.Task) -> None:
    """Tell production that work on `task` goes on."""
    task.status = session.query(studio.Status).where(studio.Status.name == "In progress").one()
    task.metadata["started_with"] = "examples/pipeline.py"


def publish(session: Session, shot: studio.Shot, task: studio.Task, user: studio.User) -> studio.AssetVersion:
    """Record a new version of what `task` makes for `shot`, with its movie and frames."""
    asset = (
        session.query(studio.Asset).where(studio.Asset.parent == shot, studio.Asset.name == "comp").first()
    )
    if asset is None:
        kind = session.query(studio.AssetType).where(studio.AssetType.short == "comp").one()
        asset = session.create(studio.Asset, name="comp", parent=shot, type=kind)
    version = session.create(
        studio.AssetVersion, asset=asset, task=task, user=user, comment="Softer edges, as discussed"
    )
    session.create(studio.FileComponent, name="movie", file_type=".mov", size=48_000_000, version=version)
    frames = session.create(
        studio.SequenceComponent, name="frames", file_type=".exr", padding=4, version=version
    )
    for frame in range(1001, 1004):
        session.create(
            studio.FileComponent, name=str(frame), file_type=".exr", size=12_000_000, container=frames
        )
    return version


def send_to_review(
    session: Session, shot: studio.Shot, version: studio.AssetVersion, user: studio.User
) -> studio.ReviewSession:
    """Put `version` in the newest review session of its project, with a note for whoever opens it."""
    review = (
        session.query(studio.ReviewSession)
        .where(studio.ReviewSession.project == shot.project)
        .order_by(studio.ReviewSession.created_at.desc())
        .first()
    )
    if review is None:
        raise SystemExit(f"{shot.project.full_name} has no review session.")
    session.create(
        studio.ReviewSessionObject,
        name=shot.name,
        description=version.comment,
        version=f"Version {version.version}",
        asset_version=version,
        review_session=review,
    )
    session.create(
        studio.Note,
        content="Please look at the hair against the window.",
        author=user,
        parent_id=version.id,
        parent_type="asset_version",
    )
    return review


def main() -> None:
    """Run the whole day on the most urgent task."""
    with Session(entities=studio) as session:
        me = session.query(studio.User).where(studio.User.username == session.api_user).one()
        tasks = my_open_tasks(session, me)
        for task in tasks:
            print(f"{' / '.join(step['name'] for step in task.link)}: {task.status.name}")
        if not tasks:
            raise SystemExit(f"{me.username} has no open compositing tasks.")

        task = tasks[0]
        shot = task.parent
        if not isinstance(shot, studio.Shot):
            raise SystemExit(f"{task.name} doesn't belong to a shot.")
        start(session, task)
        version = publish(session, shot, task, me)
        session.commit()
        print(f"published version {version.version} of {shot.name}, {len(version.components)} components")

        review = send_to_review(session, shot, version, me)
        session.commit()
        print(f"sent to {review.name!r}, now with {len(review.review_session_objects)} versions")


if __name__ == "__main__":
    main()
