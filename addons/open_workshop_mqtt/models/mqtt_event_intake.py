# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging

from odoo import api, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from .event_apply import EventApplier, Outcome
from .event_body import load_json, read_event
from .event_fault import fault_text

_logger = logging.getLogger(__name__)

PROCESS_BATCH = 500


class MqttEvent(models.Model):
    _inherit = "mqtt.event"

    @api.model
    def _receive(self, events):
        """Store events and apply them, in the order given, in this transaction.

        An event whose processing fails is stored as unprocessed, with the reason.

        :param events: list of event_body.Event
        :return: list of "ok" or "duplicate", one for each event
        """
        first = {}
        for event in events:
            first.setdefault(event.uid, event)
        ids = self._store(first.values())
        new = [event for uid, event in first.items() if uid in ids]
        self._apply([(ids[event.uid], event) for event in new])
        statuses = []
        for event in events:
            is_new = event.uid in ids and first[event.uid] is event
            statuses.append("ok" if is_new else "duplicate")
        return statuses

    @api.model
    def _store(self, events):
        """Insert the events that are not there yet.

        Where another transaction inserts the same one now, PostgreSQL reports a
        serialization failure; Odoo then tries again and finds it there.

        :return: dict of event_uid to id, of those inserted
        """
        rows = [
            (event.uid, event.event_type, event.device_id, event.ts, event.body)
            for event in events
        ]
        if not rows:
            return {}
        self.env.cr.execute(
            f"""
            INSERT INTO mqtt_event (
                event_uid, event_type, device_identifier, ts, body,
                state, received_at, create_uid, write_uid, create_date, write_date
            )
            SELECT v.*, 'unprocessed', now() AT TIME ZONE 'UTC', %s, %s,
                now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
            FROM (VALUES {", ".join(["%s"] * len(rows))}) AS v
            ON CONFLICT (event_uid) DO NOTHING
            RETURNING event_uid, id
            """,
            [self.env.uid, self.env.uid, *rows],
            log_exceptions=False,
        )
        return dict(self.env.cr.fetchall())

    @api.model
    def _apply(self, rows):
        """Apply stored events and write down what became of each.

        :param rows: list of (id of mqtt.event, event_body.Event)
        """
        if not rows:
            return
        events = [event for _id, event in rows]
        try:
            with self.env.cr.savepoint():
                outcomes = EventApplier(self.env, events).apply_all()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            # One of them cannot be applied: each by itself tells which.
            outcomes = (
                [self._apply_alone(event) for event in events]
                if len(events) > 1
                else [self._failure(events[0], error)]
            )
        for (event_id, _event), outcome in zip(rows, outcomes, strict=True):
            self._run_hook(event_id, outcome)
        self._write_outcomes(rows, outcomes)

    @api.model
    def _apply_alone(self, event):
        try:
            with self.env.cr.savepoint():
                return EventApplier(self.env, [event]).apply_all()[0]
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            return self._failure(event, error)

    @api.model
    def _failure(self, event, error):
        _logger.warning("Event %s could not be processed", event.uid, exc_info=error)
        every = self.env["mqtt.device"].sudo().with_context(active_test=False)
        device = every.search([("device_id", "=", event.device_id)])
        sessions = self.env["mqtt.session"]
        return Outcome(event, device, sessions, "failed", fault_text(error))

    @api.model
    def _run_hook(self, event_id, outcome):
        """Run what others hang on to the event; a fault makes it unprocessed."""
        if outcome.reason:
            return
        fault = False
        if outcome.closed or (outcome.ended and outcome.session.closing_fault):
            fault = outcome.session._run_closed_hook()
        elif outcome.event.kind == "flow":
            payload = outcome.event.payload
            try:
                with self.env.cr.savepoint():
                    event = self.sudo().browse(event_id)
                    event._on_flow_event(payload["name"], payload["data"])
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise
            except Exception as error:
                _logger.warning(
                    "What follows event %s failed", outcome.event.uid, exc_info=True
                )
                fault = fault_text(error)
        if fault:
            outcome.reason, outcome.fault = "failed", fault

    @api.model
    def _write_outcomes(self, rows, outcomes):
        values = [
            (
                event_id,
                "unprocessed" if outcome.reason else "processed",
                outcome.reason,
                outcome.fault,
                outcome.device.id or None,
                outcome.session.id or None,
                outcome.device.company_id.id or outcome.session.company_id.id or None,
            )
            for (event_id, _event), outcome in zip(rows, outcomes, strict=True)
        ]
        self.env.cr.execute(
            f"""
            UPDATE mqtt_event e SET
                state = v.state, reason = v.reason, fault = v.fault,
                device_id = v.device_id::int, session_id = v.session_id::int,
                company_id = v.company_id::int
            FROM (VALUES {", ".join(["%s"] * len(values))}) AS v (
                id, state, reason, fault, device_id, session_id, company_id
            )
            WHERE e.id = v.id
            """,
            values,
        )
        self.browse(row[0] for row in rows).invalidate_recordset(flush=False)

    def _process(self):
        """Process stored events, in order of their time."""
        rows = []
        for record in self.sorted(lambda event: (event.ts, event.id)):
            event, faults = read_event(load_json(record.body), record.body)
            if event:
                rows.append((record.id, event))
            else:
                # It was judged when it came, by an older version of this module.
                record.reason = "failed"
                record.fault = "; ".join(
                    f"{fault['path']} {fault['message']}" for fault in faults
                )
        self._apply(rows)

    @api.model
    def _process_waiting(self, identifiers):
        """Process the events that wait for devices with these IDs; many: by the cron.

        :param identifiers: list of device IDs
        """
        waiting = self._waiting(identifiers)
        waiting[:PROCESS_BATCH]._process()
        if len(waiting) > PROCESS_BATCH:
            self.env.ref("open_workshop_mqtt.ir_cron_process_waiting")._trigger()

    @api.model
    def _waiting(self, identifiers):
        """Return the first events, by time, that wait for these devices; one too many
        for a batch when there are more."""
        return self.search(
            [
                ("state", "=", "unprocessed"),
                ("reason", "=", "unknown_device"),
                ("device_identifier", "in", identifiers),
            ],
            order="ts, id",
            limit=PROCESS_BATCH + 1,
        )

    @api.model
    def _cron_process_waiting(self):
        """Process events whose device is there by now; more in the next run."""
        self.env.cr.execute(
            """
            SELECT DISTINCT e.device_identifier
            FROM mqtt_event e
            JOIN mqtt_device d ON d.device_id = e.device_identifier AND d.active
            WHERE e.state = 'unprocessed' AND e.reason = 'unknown_device'
            """
        )
        identifiers = [identifier for (identifier,) in self.env.cr.fetchall()]
        waiting = self._waiting(identifiers)
        waiting[:PROCESS_BATCH]._process()
        self.env["ir.cron"]._notify_progress(
            done=min(len(waiting), PROCESS_BATCH),
            remaining=max(len(waiting) - PROCESS_BATCH, 0),
        )

    def _set_processed(self):
        """Mark events as processed whose fault was mended."""
        failed = self.filtered(lambda event: event.reason == "failed")
        failed.write({"state": "processed", "reason": False, "fault": False})
