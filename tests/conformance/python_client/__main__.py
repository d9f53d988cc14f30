"""Runs in the environment of ``ftrack-python-api``, against the server that ``FTRACK_SERVER`` names.

``python -m tests.conformance.python_client SCENARIO …`` prints one JSON object: what each scenario saw,
or its traceback. Nothing is asserted here.
"""

import json
import sys
import traceback

from . import events, files, people, reading, writing
from .sessions import connect

SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (
        reading.queries,
        reading.schemas,
        writing.notes,
        writing.metadata,
        writing.custom_attributes,
        writing.lists,
        writing.links,
        writing.ensure,
        people.jobs,
        people.assignments,
        people.timers,
        people.invites,
        people.widgets,
        files.components,
        files.thumbnails,
        files.media,
        events.subscriptions_and_replies,
        events.updates,
    )
}

if __name__ == "__main__":
    seen = {}
    with connect() as current:
        for name in sys.argv[1:] or SCENARIOS:
            try:
                seen[name] = {"seen": SCENARIOS[name](current)}
            except Exception:
                seen[name] = {"error": traceback.format_exc()}
            current.reset()
    print(json.dumps(seen))
