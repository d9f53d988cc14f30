"""Code that knows its studio; checkers must have nothing to say about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from studio_entities import (
    AssetBuild,
    AssetVersion,
    Context,
    Episode,
    Project,
    Shot,
    State,
    Status,
    Task,
    Type,
    TypedContext,
)
from studio_entities.constants import (
    ObjectTypes,
    Priorities,
    ProjectSchemas,
    States,
    Statuses,
    Types,
    Workflows,
)
from typing_extensions import assert_type

from ftrack_typed import Session
from ftrack_typed.entity import Key, ValueSource
from ftrack_typed.query.criteria import Criterion
from ftrack_typed.query.operands import KeyExpr


def reading(shot: Shot, task: Task, build: AssetBuild, version: AssetVersion, project: Project) -> None:
    assert_type(shot.custom_attributes.handles, int)
    assert_type(shot.custom_attributes.fps, float)
    assert_type(shot.custom_attributes.animal_label, str)
    assert_type(shot.custom_attributes.from_, bool)
    assert_type(shot.custom_attributes["animal label"], str)
    assert_type(shot.custom_attributes["from"], bool)
    assert_type(shot.custom_attributes["fps"], float)
    assert_type(task.custom_attributes.difficulty, list[Literal["easy", "normal", "hard"]])
    assert_type(task.custom_attributes["look"], list[Literal["day", "night"]])
    assert_type(build.custom_attributes.delivery_date, datetime | None)
    assert_type(version.custom_attributes.vendor, list[str])
    assert_type(version.custom_attributes.fps, float)
    assert_type(project.custom_attributes.wiki, str | None)
    assert_type(project.custom_attributes.x_3d, bool | None)
    assert_type(shot.custom_attributes.source("fps"), ValueSource)


def seen_as_a_base(context: Context, typed: TypedContext, episode: Episode, key: str) -> None:
    assert_type(context.custom_attributes.fps, float)
    assert_type(typed.custom_attributes["fps"], float)
    assert_type(typed.custom_attributes[key], Any)
    assert_type(episode.custom_attributes.fps, float)
    typed.custom_attributes[key] = 3


def writing(shot: Shot, task: Task, key: str) -> None:
    shot.custom_attributes.handles = 12
    shot.custom_attributes["handles"] = 12
    shot.custom_attributes["fps"] = 24
    task.custom_attributes.difficulty = ["hard"]
    task.custom_attributes.difficulty = "hard"
    task.custom_attributes["difficulty"] = "hard"
    task.custom_attributes["look"] = ["day", "night"]
    shot.custom_attributes = {"handles": 12}
    shot.custom_attributes.get(key)


def criteria() -> None:
    assert_type(Shot.custom_attributes.handles, KeyExpr[int])
    assert_type(Shot.custom_attributes.handles > 8, Criterion)
    assert_type(Shot.custom_attributes["animal label"], KeyExpr[Any])
    assert_type(Shot.custom_attributes["animal label"] == "cat", Criterion)
    assert_type(Task.custom_attributes.difficulty.in_(["easy", "hard"]), Criterion)
    assert_type(Task.custom_attributes.difficulty.like("h%"), Criterion)
    assert_type(Shot.custom_attributes.fps == 24, Criterion)


def constants(session: Session, task: Task, project: Project) -> None:
    assert_type(Statuses.IN_PROGRESS, Status)
    assert_type(Statuses.IN_PROGRESS.state, State)
    assert_type(Statuses.IN_PROGRESS.id, Key[Status])
    assert_type(Statuses.all(), tuple[Status, ...])
    assert_type(Statuses.by_id("x"), Status | None)
    assert_type(Workflows.FEATURE_FILM.statuses(Task, Types.ANIMATION), tuple[Status, ...])
    assert_type(Workflows.FEATURE_FILM.types(Task), tuple[Type, ...])
    assert_type(Task.status == Statuses.IN_PROGRESS, Criterion)
    assert_type(Task.status.in_([Statuses.APPROVED_33330000, Statuses.X_3D_FINAL]), Criterion)
    assert_type(Task.status.state == States.DONE, Criterion)
    task.status = Statuses.IN_PROGRESS
    project.project_schema = ProjectSchemas.FEATURE_FILM
    session.create(
        Task,
        name="a",
        parent=project,
        status=Statuses.NOT_STARTED,
        type=Types.ANIMATION,
        priority=Priorities.LOW,
    )
    assert_type(ObjectTypes.ASSET_BUILD.name, str)
