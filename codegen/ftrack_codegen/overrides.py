"""Judgement calls about the schema, as data.

The wire schema doesn't say what may be null, what only the server fills in, what a relation really leads to
or which unit a number has. These tables do. A key is an entity type and an attribute; the entry holds for
subtypes too, and ``"*"`` for every type that has the attribute. Entries about types or attributes that a
server doesn't have are simply unused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

ANY: Final = "*"

_V = TypeVar("_V")


def lookup(table: Mapping[tuple[str, str], _V], lineage: Sequence[str], attribute: str) -> _V | None:
    """Find the entry for `attribute`, trying each type of `lineage` (nearest first) and then ``"*"``."""
    for entity_type in (*lineage, ANY):
        found = table.get((entity_type, attribute))
        if found is not None:
            return found
    return None


def _flat(table: Mapping[str, str], value: bool) -> dict[tuple[str, str], bool]:
    return {
        (entity_type, attribute): value
        for entity_type, attributes in table.items()
        for attribute in attributes.split()
    }


NULLABLE: Final[Mapping[tuple[str, str], bool]] = {
    **_flat(
        {
            ANY: "_link link name",
            "Asset": "context_id name parent project_id type type_id",
            "AssetVersion": "asset asset_id date is_latest_version project_id status status_id version",
            "Collaborator": "first_name last_name",
            "ComponentLocation": "component component_id location location_id",
            "Context": "created_at project_id",
            "CustomConfigurationBase": "entity_type key label type type_id",
            "CustomAttributeLink": "configuration from_entity_type to_entity_type",
            "CustomAttributeLinkFrom": "configuration from_entity_type to_entity_type",
            "Event": "action created_at",
            "Job": "created_at user user_id",
            "List": "date",
            "Location": "label",
            "Manager": "context context_id type type_id user user_id",
            "Note": "author content date parent_id parent_type user_id",
            "NoteCategory": "color",
            "NoteLabel": "color",
            "Priority": "color",
            "Project": "full_name project_schema status",
            "ProjectSchema": "task_type_schema task_workflow_schema",
            "Recipient": "recipient",
            "ReviewSession": "created_at created_by project",
            "ReviewSessionObject": "asset_version review_session version_id",
            "ReviewSessionObjectStatus": "review_session_object review_session_object_id status",
            "SchemaStatus": "task_status",
            "SchemaType": "task_type",
            "State": "short",
            "Status": "color state",
            "StatusChange": "date parent_id parent_type status status_id",
            "Timelog": "start user user_id",
            "TypedContext": (
                "bid_time_logged_difference object_type priority project status time_logged type "
                "object_type_id priority_id project_id status_id type_id"
            ),
            "User": "first_name last_name",
            "UserSecurityRole": "security_role security_role_id user user_id",
            "UserSecurityRoleProject": "project project_id user_security_role user_security_role_id",
        },
        value=False,
    ),
    **_flat(
        {
            "Context": "parent parent_id",
            "ReviewSessionObject": "description",
            "Timelog": "comment name",
            "Timer": "comment name",
        },
        value=True,
    ),
}
"""Whether an attribute may be null, where the general rule of :mod:`.intermediate.build` errs."""


SERVER_FILLED: Final[Mapping[tuple[str, str], bool]] = _flat(
    {
        ANY: "_link link ancestors descendants",
        "Asset": "latest_version",
        "AssetVersion": "is_latest_version used_in_versions",
        "Context": "context_type",
        "ComponentLocation": "url",
        "Resource": "resource_type",
        "TypedContext": "bid_time_logged_difference time_logged",
    },
    value=True,
)
"""Attributes that only the server sets although its schema doesn't call them computed."""


FILLED_AT_CREATION: Final[Mapping[tuple[str, str], bool]] = _flat(
    {
        ANY: (
            "bid context_type created_at created_by_id from_entity_type id parent_type sort sort_order "
            "system_type to_entity_type"
        ),
        "AssetVersion": "status_id",
        "CustomConfigurationBase": "config",
        "Group": "local",
        "Image": "priority_id",
        "Information": "priority_id",
        "Note": "user_id",
        "Project": "status",
        "Resource": "resource_type",
        "ReviewSession": "end_date start_date",
        "Scene": "priority_id",
        "Status": "is_active",
        "Timelog": "duration start",
        "Timer": "start user_id",
        "TypedContext": "object_type_id priority_id status_id type_id",
        "User": "is_active username",
    },
    value=True,
)
"""Required attributes that the server fills in when a new entity comes without them."""


TARGETS: Final[Mapping[tuple[str, str], str]] = {
    ("AssetVersion", "task"): "TypedContext",
    ("ObjectType", "tasks"): "TypedContext",
    ("Priority", "tasks"): "TypedContext",
    ("SplitTaskPart", "task"): "TypedContext",
    ("Status", "tasks"): "TypedContext",
    ("Type", "tasks"): "TypedContext",
    ("TypedContextList", "items"): "TypedContext",
}
"""What a relation leads to where the schema names one subtype and the server answers with its siblings."""


UNITS: Final[Mapping[tuple[str, str], str]] = {
    ("TypedContext", "bid"): "Planned work, in seconds.",
    ("TypedContext", "time_logged"): "Work logged here and below, in seconds.",
    ("TypedContext", "bid_time_logged_difference"): "Planned minus logged work, in seconds.",
    ("Component", "size"): "Size in bytes.",
    ("Component", "file_type"): "File extension with its dot, such as `.exr`.",
    ("ContainerComponent", "padding"): "Digits of the frame number in the file names of a sequence.",
    ("Note", "frame_number"): "Frame of the media that the note is about.",
    ("Timelog", "duration"): "Logged work, in seconds.",
    ("Timelog", "time_zone_offset"): "Offset of the user's clock from UTC, in minutes.",
    ("CalendarEvent", "estimate"): "Planned work, in seconds.",
    ("TypedContextLink", "lag"): "Time between the two, in seconds.",
    ("AssetVersion", "version"): "Number within the asset, counted up by the server.",
    (ANY, "link"): "Names and ids from the project down to the entity itself.",
    (ANY, "_link"): "Deprecated: use `link`.",
    (ANY, "thumbnail_url"): "Address of the thumbnail, made by the server on request.",
    (ANY, "custom_attributes"): "Values of the studio's own attributes, by their key.",
    (ANY, "metadata"): "Free texts by key.",
}
"""Documentation that beats what the schema says, units above all."""


DESCRIPTIONS: Final[Mapping[str, str]] = {
    "ApiKey": "A key that scripts sign in with.",
    "Appointment": "A resource assigned or allocated to a context.",
    "Asset": "Something that is published in versions, such as the model of a character.",
    "AssetBuild": "A part of the production that is built once and reused, such as a character or prop.",
    "AssetType": "Kind of an asset, such as geometry or upload.",
    "AssetVersion": "One published state of an asset.",
    "AssetVersionLink": "The use of one asset version in another.",
    "AssetVersionList": "A list of asset versions.",
    "BaseUser": "Whoever can sign in, review or write notes.",
    "CalendarEvent": "A span of time in the calendars of its resources, such as a meeting or a leave.",
    "CalendarEventResource": "The part a resource takes in a calendar event.",
    "Collaborator": "Somebody from outside who takes part in reviews.",
    "Component": "A file, a container of files or a sequence of files of an asset version.",
    "ComponentLocation": "The presence of a component in a location.",
    "ContainerComponent": "A component made of other components.",
    "Context": "Anything that can hold others in a project's structure, and the project itself.",
    "CustomAttributeConfiguration": "The definition of an attribute a studio added.",
    "CustomAttributeGroup": "A heading under which custom attributes are shown.",
    "CustomAttributeLink": "A link of a custom attribute, seen from the entity that has the attribute.",
    "CustomAttributeLinkConfiguration": "The definition of a custom attribute that links entities.",
    "CustomAttributeLinkFrom": "A link of a custom attribute, seen from the entity it leads to.",
    "CustomAttributeType": "Kind of a custom attribute: text, number, enumerator and so on.",
    "CustomAttributeValue": "The value of a custom attribute of an entity.",
    "CustomConfigurationBase": "What all definitions of custom attributes have in common.",
    "Dashboard": "A page of widgets.",
    "DashboardResource": "The sharing of a dashboard with a resource.",
    "DashboardWidget": "A widget on a dashboard.",
    "Disk": "Storage roots per operating system.",
    "EntitySetting": "A setting of one entity.",
    "Episode": "A part of a series that holds sequences.",
    "Event": "An entry of the activity history.",
    "Feed": "The relation of an event of the history to what it is shown on.",
    "FileComponent": "A single file of an asset version.",
    "Folder": "A plain container in a project's structure.",
    "Group": "A set of users.",
    "Job": "Work the server does in the background, shown to a user with its progress.",
    "JobComponent": "A file attached to a job.",
    "List": "A hand-picked list of entities.",
    "ListCategory": "A heading under which lists are shown.",
    "ListObject": "The membership of an entity in a list.",
    "Location": "A place that component data is kept in.",
    "Manager": "A user in charge of a context.",
    "ManagerType": "Kind of responsibility a manager has.",
    "Membership": "The membership of a user in a group.",
    "Metadata": "A free text under a key, attached to an entity.",
    "Milestone": "A date the production has to meet.",
    "Note": "A comment on an entity, with its replies.",
    "NoteCategory": "A label for notes, as older servers call it.",
    "NoteComponent": "A file attached to a note.",
    "NoteLabel": "A label for notes.",
    "NoteLabelLink": "The use of a label on a note.",
    "ObjectType": "Kind of a typed context: task, shot, sequence and the studio's own.",
    "Priority": "How urgent a typed context is.",
    "Project": "A production: the top of its structure.",
    "ProjectSchema": "What a project is made of: object types, their types, statuses and workflows.",
    "Recipient": "A user or group that a note is addressed to.",
    "Resource": "A user or a group of users.",
    "ReviewSession": "A selection of asset versions shown to people for feedback.",
    "ReviewSessionFolder": "A folder of review sessions.",
    "ReviewSessionInvitee": "Somebody asked to a review session.",
    "ReviewSessionObject": "An asset version in a review session.",
    "ReviewSessionObjectAnnotation": "A drawing on a version under review.",
    "ReviewSessionObjectStatus": "What an invitee decided about a version under review.",
    "Schema": "The types and statuses that an object type may have in a project schema.",
    "Scope": "A free grouping of contexts.",
    "SecurityRole": "A set of permissions.",
    "Sequence": "A part of the production that holds shots.",
    "SequenceComponent": "A numbered series of files.",
    "Setting": "A setting of the site.",
    "Shot": "A continuous piece of the film that work is done on.",
    "SplitTaskPart": "A stretch of an interrupted schedule.",
    "State": "What statuses mean to the schedule: not started, in progress, done, blocked.",
    "Status": "Where a context or version stands in its workflow.",
    "StatusChange": "An entry of the history of statuses.",
    "StatusRule": "A condition of an automatic change of status.",
    "StatusRuleGroup": "Conditions under which a status is set by itself.",
    "Task": "A piece of work that people are assigned to.",
    "TaskTemplate": "A set of tasks that is created together.",
    "TaskTemplateItem": "One task of a task template.",
    "TaskTypeSchema": "The types that tasks may have in a project schema.",
    "Timelog": "A span of time a user worked.",
    "Timer": "A running measurement of a user's work.",
    "Type": "Kind of work or of thing: animation, compositing, character and so on.",
    "TypedContext": "Anything below a project in its structure.",
    "TypedContextLink": "A dependency between two typed contexts.",
    "TypedContextList": "A list of typed contexts.",
    "User": "A person who works on the site.",
    "UserSecurityRole": "A security role given to a user.",
    "UserSecurityRoleProject": "A project that a user's security role holds for.",
    "UserSession": "A login of a user.",
    "WorkflowSchema": "The statuses a kind of entity may take.",
}
"""One sentence per entity type, for its class."""
