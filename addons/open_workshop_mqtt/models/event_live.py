# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The live state of devices: what their events say of now."""

from dataclasses import dataclass, field


@dataclass
class Live:
    """The newest news of one device: field to (time, value)."""

    news: dict = field(default_factory=dict)

    def take(self, name, ts, value):
        """Keep ``value`` unless a newer one is there."""
        if name not in self.news or self.news[name][0] <= ts:
            self.news[name] = (ts, value)

    def row(self, device):
        """Return the values of one line of ``_UPDATE_DEVICES``."""
        row = [device.id]
        for name in ("state", "online", "power_w", "last_seen"):
            row += self.news.get(name, (None, None))
        return tuple(row)


# By SQL: it must not count as a change of the device's settings (write_date, chatter,
# push), and it lets the older news fail in the same statement.
_UPDATE_DEVICES = """
    UPDATE mqtt_device d SET
        state = CASE WHEN v.state_at::timestamp >= COALESCE(d.state_at, '-infinity')
            THEN v.state ELSE d.state END,
        state_at = GREATEST(d.state_at, v.state_at::timestamp),
        online = CASE WHEN v.online_at::timestamp >= COALESCE(d.online_at, '-infinity')
            THEN v.online::boolean ELSE d.online END,
        online_at = GREATEST(d.online_at, v.online_at::timestamp),
        power_w = CASE WHEN v.power_at::timestamp >= COALESCE(d.power_at, '-infinity')
            THEN v.power_w::float8 ELSE d.power_w END,
        power_at = GREATEST(d.power_at, v.power_at::timestamp),
        last_seen = GREATEST(d.last_seen, v.last_seen::timestamp)
    FROM (VALUES {rows}) AS v (
        id, state_at, state, online_at, online, power_at, power_w, seen_at, last_seen
    )
    WHERE d.id = v.id
"""
LIVE_FIELDS = (
    "state",
    "state_at",
    "online",
    "online_at",
    "power_w",
    "power_at",
    "last_seen",
)


def write_live(env, news):
    """Store what events said of devices, where it is newer than what is known.

    :param news: dict of mqtt.device to Live
    """
    rows = [live.row(device) for device, live in news.items() if live.news]
    if not rows:
        return
    env.cr.execute(
        _UPDATE_DEVICES.format(rows=", ".join(["%s"] * len(rows))),
        rows,
        log_exceptions=False,
    )
    env["mqtt.device"].browse(row[0] for row in rows).invalidate_recordset(
        LIVE_FIELDS, flush=False
    )
