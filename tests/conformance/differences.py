"""What is different on the local server, and the tests that show it; writes ``docs/differences.md``.

``python -m tests.conformance.differences`` writes the page, with ``--check`` it only tells whether the page
is current.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "differences.md"


@dataclass(frozen=True)
class Difference:
    """One known difference."""

    hosted: str
    """What a hosted server does, or that nobody has recorded it."""
    local: str
    """What the local server does."""
    tests: tuple[str, ...]
    """Names of the tests that show it, as `file::function`, below the folder of the tests."""


@dataclass(frozen=True)
class Chapter:
    """Differences that belong together."""

    title: str
    differences: tuple[Difference, ...]


CHAPTERS = (
    Chapter(
        "Who may do what",
        (
            Difference(
                "Security roles limit what a user sees and may change.",
                "Every active user may do everything. Roles are rows like others.",
                (
                    "conformance/test_known_differences.py::test_a_user_without_roles_may_do_everything",
                    "local/test_actions.py::test_everybody_may_do_what_can_be_done",
                ),
            ),
            Difference(
                "Each user has keys of their own, and they are kept.",
                "A built-in seed has one fixed key for all its users, a seed file takes any key. Keys made by "
                "`reset_remote` hold until the server stops.",
                (
                    "local/test_http.py::test_inactive_users_stay_out_and_a_seed_file_takes_any_key",
                    "local/test_actions.py::test_a_new_personal_key_replaces_the_one_before",
                ),
            ),
            Difference(
                "Is reached from anywhere, over HTTPS.",
                "Serves the loopback address over HTTP unless told otherwise, refuses requests made to other names, "
                "and allows no web page of another origin unless asked.",
                (
                    "local/test_security.py::test_a_server_for_other_machines_needs_permission_and_goes_by_any_name",
                    "local/test_security.py::test_pages_of_other_origins_stay_out",
                ),
            ),
        ),
    ),
    Chapter(
        "Requests and answers",
        (
            Difference(
                "The texts of most errors and the status codes of strict mode are not recorded.",
                "Errors name the thing, the place and the nearest right name. Strict mode answers 400, 401, 404, "
                "409 and the like; otherwise every answer has status 200.",
                (
                    "local/test_http.py::test_errors_come_with_status_200_unless_strict",
                    "local/test_querying.py::test_errors_name_the_thing_and_the_remedy",
                ),
            ),
            Difference(
                "Without strict mode an answer may hold more than was asked for.",
                "Both modes hold exactly what was asked for, and what the schema says always comes along.",
                ("conformance/test_known_differences.py::test_strict_answers_hold_what_others_hold",),
            ),
            Difference(
                "Repeated data is left out at least within one operation; how far that reaches is not recorded.",
                "Each attribute of an entity is written once for each operation of a batch.",
                (
                    "local/test_results.py::test_data_of_an_entity_comes_once_per_operation",
                    "local/test_results.py::test_attributes_not_sent_before_come_with_a_later_occurrence",
                ),
            ),
            Difference(
                "Newer servers tag values that are mere dates as `date`.",
                "Every date is tagged `datetime`.",
                ("local/test_results.py::test_dates_are_tagged_and_naive_utc",),
            ),
            Difference(
                "A server without time zone support answers in its local time.",
                "All times are UTC, and the server says that it supports time zones.",
                (
                    "local/test_http.py::test_server_information",
                    "local/test_writing.py::test_dates_are_taken_in_every_form_clients_send",
                ),
            ),
            Difference(
                "Limits of requests are not recorded.",
                "Large bodies, long expressions and deep nesting are refused with an error that names the limit; "
                "SQLite joins 64 tables at most.",
                (
                    "local/test_http.py::test_bodies_beyond_the_limit_are_refused",
                    "local/test_security.py::test_an_expression_beyond_the_limit_is_refused",
                    "local/test_query_language.py::test_nesting_and_path_length_are_bounded",
                    "local/test_querying.py::test_queries_beyond_the_database_fail_clearly",
                ),
            ),
            Difference(
                "Has more actions than those documented for clients.",
                "Answers the actions that clients and pipelines use, everything else as an invalid action.",
                (
                    "local/test_actions.py::test_the_rest_is_answered",
                    "local/test_actions.py::test_everything_else_is_an_invalid_action",
                ),
            ),
        ),
    ),
    Chapter(
        "Queries",
        (
            Difference(
                "The order of rows without `order by` is not recorded.",
                "Rows come in the order they were made, and that breaks ties of every other order.",
                (
                    "conformance/test_known_differences.py::test_without_order_rows_come_as_they_were_made",
                    "local/test_querying.py::test_sorting_by_relations_keeps_the_order_of_rows_that_are_equal",
                ),
            ),
            Difference(
                "Where unset values stand in an order, and whether `!=` finds them, is not recorded.",
                "Unset values come first, in descending order last. Only `is none` finds them.",
                ("local/test_querying.py::test_order", "local/test_querying.py::test_criteria"),
            ),
            Difference(
                "Whether text is compared with or without case depends on the database and is not recorded.",
                "`is` and `=` mind the case, `like` ignores it for the letters of all languages.",
                (
                    "local/test_querying.py::test_criteria",
                    "local/test_querying.py::test_like_ignores_the_case_of_all_letters",
                ),
            ),
            Difference(
                "What comparing a moment with a mere date means is not recorded.",
                "Equality matches the whole day in UTC; every other operator means midnight.",
                ("local/test_querying.py::test_criteria",),
            ),
            Difference(
                "What the terms of `search` are looked for in is not recorded.",
                "`search` looks for each term in names, in any place and case.",
                ("local/test_actions.py::test_search_finds_what_matches_every_term",),
            ),
        ),
    ),
    Chapter(
        "What the server does by itself",
        (
            Difference(
                "Changes appear in feeds and inboxes and are mailed.",
                "Nothing is written to feeds, and nobody is notified.",
                ("conformance/test_known_differences.py::test_no_feed_is_written",),
            ),
            Difference(
                "Invitations are mailed.",
                "Invitations land in an outbox that programs and tests can read.",
                (
                    "local/test_actions.py::test_an_invited_user_is_found_in_the_outbox",
                    "local/test_actions.py::test_an_invitee_of_a_review_session_keeps_when_the_invitation_was_sent",
                ),
            ),
            Difference(
                "`delayed_job` does its work in the background.",
                "The job has nothing to do and is done at once.",
                ("local/test_actions.py::test_a_delayed_job_is_done_at_once",),
            ),
            Difference(
                "Custom attributes of the type `expression` are calculated.",
                "Their value is the one stored, or the default.",
                (
                    "conformance/test_known_differences.py::test_expressions_of_custom_attributes_are_not_evaluated",
                ),
            ),
            Difference(
                "Widgets are parts of the web interface.",
                "Widgets are small pages that list what they are about.",
                ("local/test_actions.py::test_a_widget_is_a_page_that_opens_without_credentials",),
            ),
            Difference(
                "Has a web interface, with actions and dashboards.",
                "There is none; other addresses answer that there is nothing.",
                ("local/test_http.py::test_other_paths_and_methods_answer_json",),
            ),
        ),
    ),
    Chapter(
        "Files and events",
        (
            Difference(
                "Files are kept in a cloud storage, with its addresses and its rules for parts.",
                "Files are kept in a directory of the machine, and the server's own signed addresses lead to them. "
                "Parts may have any size.",
                (
                    "conformance/test_known_differences.py::test_bytes_are_kept_on_the_machine_that_serves",
                    "local/files/test_uploads.py::test_parts_become_one_file_when_all_are_there",
                ),
            ),
            Difference(
                "`encode_media` makes movies and images for the web, on machines made for that.",
                "Images are scaled. Movies are encoded where ffmpeg is installed; elsewhere they are copied, and the "
                "job's data says so.",
                (
                    "local/files/test_encoding.py::test_an_image_becomes_a_review_image_with_a_thumbnail",
                    "local/files/test_encoding.py::test_without_ffmpeg_a_movie_is_copied_and_the_job_says_so",
                ),
            ),
            Difference(
                "The job of `encode_media` names the components it is to make from the beginning, as the tests of the "
                "Python client suggest.",
                "The job names them when it is done.",
                ("local/files/test_encoding.py::test_an_image_becomes_a_review_image_with_a_thumbnail",),
            ),
            Difference(
                "What happens to the events of a client that does not read is not recorded.",
                "A bounded number waits; then the client is let go.",
                ("local/events/test_hub.py::test_what_waits_for_one_client_is_bounded",),
            ),
            Difference(
                "The exact shape of some `ftrack.update` entries is known from examples alone.",
                "Each batch is announced as one event of its net effect, with the columns, parents and values of the "
                "examples.",
                (
                    "local/events/test_updates.py::test_a_batch_is_one_event_of_its_net_effect",
                    "local/events/test_updates.py::"
                    "test_an_update_names_internal_columns_old_and_new_values_and_all_parents",
                ),
            ),
        ),
    ),
)
"""Every known difference."""

_HEAD = """\
# Differences from a hosted server

What is known to be different on the [local server](local-server.md), each with the tests that show it. Where the
behaviour of a hosted server is not recorded anywhere, the local server has had to choose; a program that is to work
with both should rely on neither.

Both official clients are tested against the local server as they come: `ftrack-python-api` from PyPI and `@ftrack/api`
from npm, the latter with stand-ins for the parts of a browser that its uploads need.

<!-- Written by `python -m tests.conformance.differences`. -->
"""


def render() -> str:
    """Return the page."""
    parts = [_HEAD]
    for chapter in CHAPTERS:
        rows = [f"\n## {chapter.title}\n", "| hosted | local | shown by |", "|---|---|---|"]
        for difference in chapter.differences:
            shown = "<br>".join(f"[`{name}`]({_link(path)})" for path, name in map(split, difference.tests))
            rows.append(f"| {difference.hosted} | {difference.local} | {shown} |")
        parts.append("\n".join(rows) + "\n")
    return "".join(parts)


def split(test: str) -> tuple[str, str]:
    """Return the file of a test, below the folder of the tests, and the name of its function."""
    path, _, name = test.partition("::")
    return path, name


def _link(path: str) -> str:
    return f"../tests/{path}"


def main() -> int:
    """Write the page, or with ``--check`` only tell; return the exit code."""
    text = render()
    current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text
    if "--check" in sys.argv[1:]:
        if not current:
            print("docs/differences.md is out of date; run python -m tests.conformance.differences")
        return 0 if current else 1
    PAGE.write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
