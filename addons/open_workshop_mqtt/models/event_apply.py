# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Brings devices and sessions up to date with events.

Events may come late, twice in different forms, or without the ones before them: what
counts is the times in them, never the order of arrival.
"""

from dataclasses import dataclass
from typing import Any

from odoo import SUPERUSER_ID

from .event_body import Event
from .event_live import Live, write_live

SUMS = (
    "duration_s",
    "standby_duration_s",
    "working_duration_s",
    "interruption_duration_s",
    "energy_kwh",
    "energy_source",
    "message_count",
    "power_w",
    "avg_power_w",
    "min_power_w",
    "max_power_w",
)
# What is read of devices and sessions: in one query each, with nothing beside it.
DEVICE_FIELDS = ("device_id", "name", "company_id", "partner_id")
SESSION_FIELDS = (
    "session_uid",
    "state",
    "machine_name",
    "device_id",
    "company_id",
    "start",
    "end",
    "figures_until",
    "reason",
    "closing_fault",
    "price_id",
    "currency_id",
    "cost",
    "duration_h",
    "standby_duration_h",
    "working_duration_h",
    *SUMS,
)
SESSION_KINDS = ("started", "heartbeat", "ended")
# What the SQL that opens sessions fills in.
OPENING_FIELDS = (
    "session_uid",
    "device_id",
    "device_identifier",
    "machine_name",
    "company_id",
    "partner_id",
    "start",
    "state",
)


@dataclass
class Outcome:
    """What became of an event; ``reason`` is why it was not processed.

    ``ended``: it is the end of its session; ``closed``: the session closed by it.
    """

    event: Event
    device: Any
    session: Any
    reason: str | None = None
    fault: str | None = None
    ended: bool = False
    closed: bool = False


class EventApplier:
    """Applies events in the order given; reads each device and session once."""

    def __init__(self, env, events):
        self._env = env(su=True)
        self._events = events
        # An archived device still ends what it began, and says whose its events are.
        every = self._env["mqtt.device"].with_context(active_test=False)
        devices = every.search_fetch(
            [("device_id", "in", list({event.device_id for event in events}))],
            DEVICE_FIELDS,
            order="id",
        )
        self._devices = {device.device_id: device for device in devices}
        self._sessions = self._load_sessions()
        self._live = {}
        self._candidates = None
        self._prices = {}

    def apply_all(self):
        """Apply all events.

        :return: list of Outcome, one for each event
        """
        self._open_missing_sessions()
        outcomes = [self._apply(event) for event in self._events]
        write_live(self._env, self._live)
        return outcomes

    def _load_sessions(self):
        uids = {
            event.payload["session_id"]
            for event in self._events
            if event.kind in SESSION_KINDS
        }
        if not uids:
            return {}
        sessions = self._env["mqtt.session"].search_fetch(
            [("session_uid", "in", list(uids))], SESSION_FIELDS, order="id"
        )
        return {session.session_uid: session for session in sessions}

    def _open_missing_sessions(self):
        """Store the sessions of these events that are not there yet, as open ones.

        ON CONFLICT: where another transaction stores the same one now, PostgreSQL then
        reports a serialization failure, on which Odoo tries again; a plain INSERT would
        end in a violated constraint.
        """
        rows = {}
        for event in self._events:
            device = self._devices.get(event.device_id)
            if event.kind not in SESSION_KINDS or not device or not device.active:
                continue
            uid = event.payload["session_id"]
            if uid not in self._sessions and uid not in rows:
                rows[uid] = (
                    uid,
                    device.id,
                    device.device_id,
                    event.payload.get("machine_name") or device.name,
                    device.company_id.id or None,
                    device.partner_id.id or None,
                    event.payload["started_at"],
                )
        if not rows:
            return
        self._env.cr.execute(
            f"""
            INSERT INTO mqtt_session (
                session_uid, device_id, device_identifier, machine_name, company_id,
                partner_id, start, state, create_uid, write_uid, create_date, write_date
            )
            SELECT v.uid, v.device_id, v.identifier, v.name, v.company_id::int,
                v.partner_id::int, v.start, 'open', %s, %s,
                now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
            FROM (VALUES {", ".join(["%s"] * len(rows))}) AS v (
                uid, device_id, identifier, name, company_id, partner_id, start
            )
            ON CONFLICT (session_uid) DO NOTHING
            RETURNING id, session_uid
            """,
            [self._env.uid or SUPERUSER_ID] * 2 + list(rows.values()),
            log_exceptions=False,
        )
        uids = dict(self._env.cr.fetchall())
        sessions = self._env["mqtt.session"].browse(uids)
        # For what other modules compute from these and store.
        sessions.modified(OPENING_FIELDS)
        self._sessions.update((uids[session.id], session) for session in sessions)

    def _apply(self, event):
        device = self._devices.get(event.device_id, self._env["mqtt.device"])
        session = self._env["mqtt.session"]
        if event.kind in SESSION_KINDS:
            session = self._sessions.get(event.payload["session_id"], session)
        outcome = Outcome(event, device, session)
        if event.kind is None:
            outcome.reason = "unknown_type"
        elif not device.active and not session:
            # A session ends also when its device was deleted or archived meanwhile.
            outcome.reason = "unknown_device"
        else:
            live = self._live.setdefault(device, Live()) if device else Live()
            getattr(self, f"_apply_{event.kind}")(event, outcome, live)
        return outcome

    def _apply_started(self, event, outcome, live):
        payload = event.payload
        live.take("state", event.ts, payload["state"])
        self._take_message(live, event.ts, payload["power_w"])
        session = outcome.session
        if session.state == "open":
            self._set(session, {"machine_name": payload["machine_name"]})

    def _apply_heartbeat(self, event, outcome, live):
        payload = event.payload
        live.take("state", event.ts, payload["state"])
        live.take("power_w", payload["interval_end"], payload["power_w"])
        session = outcome.session
        until = session.figures_until
        if session.state == "closed" or (until and until >= payload["interval_end"]):
            return
        values = {name: payload[name] for name in SUMS}
        self._set(session, {**values, "figures_until": payload["interval_end"]})

    def _apply_ended(self, event, outcome, live):
        payload = event.payload
        live.take("state", event.ts, "idle")
        last_message = payload.get("last_message_at")
        if last_message:
            live.take("last_seen", last_message, last_message)
            live.take("power_w", last_message, payload["power_w"])
        elif payload["reason"] == "normal":
            self._take_message(live, payload["ended_at"], payload["power_w"])
        session = outcome.session
        outcome.ended = True
        if session.state == "closed":
            return
        values = {name: payload[name] for name in SUMS if name in payload}
        values.update(
            state="closed",
            machine_name=payload["machine_name"],
            start=payload["started_at"],
            end=payload["ended_at"],
            figures_until=payload["ended_at"],
            reason=payload["reason"],
        )
        self._set(session, values)
        outcome.closed = True

    def _apply_online(self, event, outcome, live, online=True):
        live.take("online", event.ts, online)
        last_message = event.payload["last_message_at"]
        if last_message:
            live.take("last_seen", last_message, last_message)

    def _apply_offline(self, event, outcome, live):
        self._apply_online(event, outcome, live, online=False)

    def _apply_measurement(self, event, outcome, live):
        self._take_message(live, event.ts, event.payload.get("apower"))

    def _apply_flow(self, event, outcome, live):
        """Only kept: what it means is for the hook of the event."""

    def _take_message(self, live, ts, power_w):
        """Take the news that the device said something at ``ts``."""
        live.take("online", ts, True)
        live.take("last_seen", ts, ts)
        if power_w is not None:
            live.take("power_w", ts, power_w)

    def _set(self, session, values):
        """Write those of ``values`` that differ, and the cost when figures do."""
        changed = {
            name: value for name, value in values.items() if session[name] != value
        }
        if changed:
            session.write(changed)
        if "figures_until" in values:
            session._update_cost(self._price_of(session))

    def _price_of(self, session):
        """Return the price of a session; those of a batch are looked up together."""
        prices = self._env["mqtt.price"]
        if self._candidates is None:
            sessions = self._env["mqtt.session"].union(*self._sessions.values())
            self._candidates = prices._candidates(sessions.device_id)
        if not self._candidates:
            return prices
        device, company = session.device_id, session.company_id
        key = (device, company, prices._day_of(company, session.start))
        if key not in self._prices:
            self._prices[key] = self._candidates._price_of(*key[:2], session.start)
        return self._prices[key]
