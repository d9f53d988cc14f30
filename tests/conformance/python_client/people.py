"""Scenarios about users: jobs, assignments, timers, invitations."""

import json
from typing import Any

import requests

from .sessions import SECONDS, again, me, new_task, refused, unique


def jobs(session: Any) -> Any:
    job = session.create(
        "Job", {"user": me(session), "status": "running", "data": json.dumps({"description": "Export"})}
    )
    session.commit()
    job["status"] = "done"
    session.commit()
    job = again(session, job)

    def stuck() -> None:
        job["status"] = "stuck"
        session.commit()

    kind = refused(stuck)
    session.rollback()
    return {"status": job["status"], "data": json.loads(job["data"]), "type": job["type"], "refused": kind}


def assignments(session: Any) -> Any:
    user, task = me(session), new_task(session)
    session.create("Appointment", {"context": task, "resource": user, "type": "assignment"})
    session.commit()
    task = again(session, task)
    mine = session.query(
        f'Task where assignments any (resource.username is "{session.api_user}") and id is "{task["id"]}"'
    )
    return {
        "users": [a["resource"]["username"] for a in task["assignments"]] == [session.api_user],
        "found": len(mine),
    }


def timers(session: Any) -> Any:
    user, task = me(session), new_task(session)
    session.commit()
    user.start_timer(task, comment="modelling")
    twice = refused(lambda: user.start_timer(task))
    session.rollback()
    log = user.stop_timer()
    task = again(session, task)
    logged = session.create("Timelog", {"user": me(session), "context": task, "duration": 3600})
    session.commit()
    task = again(session, task)
    return {
        "twice": twice,
        "comment": log["comment"],
        "short": log["duration"] < 60,
        "logged": 3600 <= task["time_logged"] < 3660,
        "timers": len(session.query("Timer")),
        "log": logged["duration"],
    }


def invites(session: Any) -> Any:
    user = me(session)
    review = session.query("ReviewSession").first()
    invitee = session.create(
        "ReviewSessionInvitee", {"name": "Guest", "email": "guest@studio.example", "review_session": review}
    )
    session.commit()
    user.send_invite()
    session.send_review_session_invite(invitee)
    key = session.create("User", {"username": unique("keyed"), "is_active": True})
    session.commit()
    return {"key": bool(key.reset_api_key()), "sent": True}


def widgets(session: Any) -> Any:
    url = session.get_widget_url("tasks_browser", session.query("Project").first(), theme="dark")
    return {"status": requests.get(url, timeout=SECONDS).status_code}
