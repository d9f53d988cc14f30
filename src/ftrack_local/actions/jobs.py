"""Delayed jobs, which have nothing to do here and are done at once (wire: delayed_job)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from ftrack_local.errors import MalformedRequestError, RequestError

from .caller import Caller
from .extension import Action, Extension, Finish, OpenBatch


class DelayedJobs(Extension):
    """The operation `delayed_job`: makes a job that runs through its states as soon as it is committed."""

    def __init__(self, handle: Callable[[Any, Caller], Any]) -> None:
        """`handle` carries out further batches."""
        self._handle = handle

    def actions(self) -> Mapping[str, Action]:
        """Return the operation."""
        return {"delayed_job": self.delayed_job}

    def writing(self) -> frozenset[str]:
        """A job is a row."""
        return frozenset({"delayed_job"})

    def delayed_job(self, batch: OpenBatch, operation: Mapping[str, Any]) -> Finish:
        """Make the job; answer with it as it is queued."""
        job_type = operation.get("job_type")
        if not isinstance(job_type, str) or not job_type:
            raise MalformedRequestError("A delayed_job needs its `job_type` as text.")
        description = {
            "description": f"{job_type} (this server has nothing to do for it)",
            "job_type": job_type,
            "data": operation.get("data"),
        }
        data = {"status": "queued", "data": json.dumps(description)}
        finish = batch.create({"action": "create", "entity_type": "Job", "entity_data": data})

        def answer() -> dict[str, Any]:
            job: dict[str, Any] = finish()["data"]
            batch.after_commit.append(lambda: self._run(job["id"], batch.caller, batch.writes.filler.now))
            return {"action": "delayed_job", "data": job}

        return answer

    def _run(self, job_id: str, caller: Caller, now: str) -> None:
        finished = {"__type__": "datetime", "value": now}
        for data in ({"status": "running"}, {"status": "done", "finished_at": finished}):
            update = {"action": "update", "entity_type": "Job", "entity_key": [job_id], "entity_data": data}
            # Somebody may have deleted the job.
            with suppress(RequestError):
                self._handle([update], caller)
