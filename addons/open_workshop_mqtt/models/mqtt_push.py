# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import hashlib
import json
import logging
import re
from functools import partial

from odoo import SUPERUSER_ID, api, fields, models

from .mqtt_bridge import BridgeFault
from .mqtt_push_lock import push_lock

_logger = logging.getLogger(__name__)

POSTCOMMIT_KEY = "open_workshop_mqtt.push"
# A person waits for the first, nobody for the second.
LOCK_TIMEOUT_S = 5
CRON_LOCK_TIMEOUT_S = 30
DEVICE_PATH = re.compile(r"^devices\[(\d+)\]\.?")

CONFIGURATION_STATES = [
    ("off", "Off"),
    ("waiting", "Waiting"),
    ("pushed", "Pushed"),
    ("failed", "Failed"),
]


def digest(value):
    """Return a short text that differs when a JSON value does."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def entry_digests(configuration):
    """Return ``{device_id: digest}`` of a configuration."""
    return {one["device_id"]: digest(one) for one in configuration["devices"]}


def findings_by_device(findings, configuration):
    """Sort the bridge's ``[{"path", "message"}]`` to ``{device_id: [sentence]}``."""
    devices = configuration["devices"]
    sorted_findings = {}
    for finding in findings:
        path = str(finding.get("path") or "")
        match = DEVICE_PATH.match(path)
        if not match or int(match[1]) >= len(devices):
            continue
        field, message = path[match.end() :], str(finding.get("message") or "")
        device_id = devices[int(match[1])]["device_id"]
        sentence = f"{field}: {message}" if field else message
        sorted_findings.setdefault(device_id, []).append(sentence)
    return sorted_findings


def run_push(registry, force=False, lock_timeout_s=LOCK_TIMEOUT_S):
    """Send the committed configuration to the bridge, one sender at a time.

    :param force: also when the bridge has it already
    :return: ``off``, ``busy``, ``unchanged``, ``pushed`` or ``failed``
    """
    with push_lock(registry, lock_timeout_s) as cr:
        if cr is not None:
            env = api.Environment(cr, SUPERUSER_ID, {})
            lang = env["res.company"].search([], order="id", limit=1).partner_id.lang
            push = env["mqtt.push"].with_context(lang=lang or "en_US")
            outcome = push._run_locked(force)
            cr.commit()
            return outcome
    _logger.info("push_bridge_config: another push is under way, left to the cron")
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        cron = env.ref("open_workshop_mqtt.ir_cron_push", raise_if_not_found=False)
        if cron:
            cron._trigger()
    return "busy"


def _tell_failure(registry, uid):
    """Show whoever changed a device that the bridge does not have it."""
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        user = env["res.users"].browse(uid)
        user = user.with_context(lang=user.lang)
        user._bus_send(
            "simple_notification",
            {
                "type": "warning",
                "title": user.env._("The bridge does not have the changes yet"),
                "message": env["mqtt.push"]._current().message,
            },
        )


def _push_after_commit(registry, uid):
    """Push; whatever goes wrong, what was committed stays a success."""
    try:
        if run_push(registry) == "failed":
            _tell_failure(registry, uid)
    except Exception:  # pylint: disable=broad-except
        _logger.exception("push_bridge_config: failed, left to the cron")


class MqttPush(models.Model):
    """What became of the last push: one record, written under the lock only."""

    _name = "mqtt.push"
    _description = "Configuration Push"

    outcome = fields.Selection(
        [("none", "Nothing Sent Yet"), ("pushed", "Pushed"), ("failed", "Failed")],
        string="Last Outcome",
        default="none",
        required=True,
        readonly=True,
    )
    state = fields.Selection(CONFIGURATION_STATES, compute="_compute_state")
    message = fields.Text(readonly=True)
    last_try = fields.Datetime(readonly=True)
    last_success = fields.Datetime(string="Last Push", readonly=True)
    fingerprint = fields.Char(readonly=True, help="Of what the bridge has.")
    pushed_url = fields.Char(readonly=True)
    pushed_digests = fields.Json(readonly=True, groups="base.group_system")
    device_faults = fields.Json(readonly=True, groups="base.group_system")
    device_warnings = fields.Json(readonly=True, groups="base.group_system")
    bridge_time = fields.Char(
        readonly=True, help="When the bridge applied it, by its own clock."
    )
    devices_configured = fields.Integer(string="Devices", readonly=True)
    devices_added = fields.Integer(string="Added", readonly=True)
    devices_updated = fields.Integer(string="Changed", readonly=True)
    devices_removed = fields.Integer(string="Removed", readonly=True)

    def _compute_display_name(self):
        for push in self:
            push.display_name = self.env._("Configuration Push")

    def _compute_state(self):
        url = self.env["mqtt.bridge"]._url()
        mark, configuration = self._mark(url) if url else (None, None)
        for push in self:
            if not url or push._has_nothing_to_say(configuration):
                push.state = "off"
            elif push.outcome == "failed":
                push.state = "failed"
            else:
                push.state = "pushed" if push.fingerprint == mark else "waiting"

    @api.model
    def _current(self):
        """Return the single record."""
        pushes = self.sudo()
        return pushes.search([], order="id", limit=1) or pushes.create({})

    @api.model
    def _mark(self, url):
        """Return ``(fingerprint, configuration)`` of what the bridge should have."""
        configuration = self.env["mqtt.device"].sudo()._bridge_configuration()
        return digest([url, entry_digests(configuration)]), configuration

    @api.model
    def _schedule(self):
        """Push after this transaction is committed; once, however often it is asked."""
        postcommit = self.env.cr.postcommit
        if self._is_scheduled() or not self.env["mqtt.bridge"]._url():
            return
        postcommit.data[POSTCOMMIT_KEY] = True
        push = partial(_push_after_commit, self.env.registry, self.env.uid)
        postcommit.add(push)

    @api.model
    def _is_scheduled(self):
        """Whether this transaction is followed by a push."""
        return bool(self.env.cr.postcommit.data.get(POSTCOMMIT_KEY))

    @api.model
    def _push_now(self):
        """Push what is committed, asked by a person.

        :return: ``(outcome, sentence)``, outcome as of :func:`run_push`
        """
        try:
            outcome = run_push(self.env.registry, force=True)
        except Exception:  # pylint: disable=broad-except
            _logger.exception("push_bridge_config: failed")
            sentence = self.env._("The push failed. The log of Odoo says why.")
            return "failed", sentence
        with self.env.registry.cursor() as cr:
            push = api.Environment(cr, SUPERUSER_ID, {})["mqtt.push"]._current()
            message, devices = push.message, push.devices_configured
        _ = self.env._
        sentences = {
            "off": _("No address of the bridge is set. Enter it in MQTT → Settings."),
            "busy": _("Another push is under way; yours follows by itself."),
            "pushed": _("The bridge has the configuration. Devices: %s", devices),
        }
        return outcome, sentences.get(outcome) or message

    @api.model
    def _run_locked(self, force):
        """Read, send and write down what came of it; under the lock."""
        url = self.env["mqtt.bridge"]._url()
        if not url:
            return "off"
        push = self._current()
        mark, configuration = self._mark(url)
        is_there = push.outcome == "pushed" and push.fingerprint == mark
        if not force and (is_there or push._has_nothing_to_say(configuration)):
            return "unchanged"
        try:
            if not force and push.pushed_url != url:
                self._check_strangers(configuration)
            answer = self.env["mqtt.bridge"]._call("POST", "/config", configuration)
        except BridgeFault as fault:
            push._write_failed(fault, configuration)
            return "failed"
        push._write_pushed(url, mark, configuration, answer)
        return "pushed"

    def _has_nothing_to_say(self, configuration):
        """Whether this is a new Odoo without devices: the bridge may have some.

        It has them from a file, or from the Odoo whose back-up is put back next.
        """
        return not configuration["devices"] and not self.last_success

    def _write_failed(self, fault, configuration):
        _logger.warning(
            "push_bridge_config: failed (%s %s): %s",
            fault.kind,
            fault.status or "-",
            str(fault).replace("\n", " "),
        )
        self.write(
            {
                "outcome": "failed",
                "message": str(fault),
                "device_faults": findings_by_device(fault.errors, configuration),
                "last_try": fields.Datetime.now(),
            }
        )

    def _write_pushed(self, url, mark, configuration, answer):
        warnings = [
            one for one in answer.get("warnings") or [] if isinstance(one, dict)
        ]
        counts = {
            f"devices_{word}": len(answer.get(word) or [])
            for word in ("added", "updated", "removed")
        }
        now = fields.Datetime.now()
        self.write(
            {
                "outcome": "pushed",
                "message": "\n".join(
                    self.env["mqtt.bridge"]._error_line(one) for one in warnings
                ),
                "device_faults": {},
                "device_warnings": findings_by_device(warnings, configuration),
                "last_try": now,
                "last_success": now,
                "fingerprint": mark,
                "pushed_url": url,
                "pushed_digests": entry_digests(configuration),
                "bridge_time": str(answer.get("timestamp") or ""),
                "devices_configured": len(configuration["devices"]),
                **counts,
            }
        )
        _logger.info(
            "push_bridge_config: pushed, %s devices, %s warnings",
            len(configuration["devices"]),
            len(warnings),
        )
