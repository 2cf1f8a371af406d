# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import TransactionCase, tagged
from odoo.tools import file_open

SECRETS = ("bridge_url", "bridge_token", "event_token")


@tagged("post_install", "-at_install")
class TestNeutralize(TransactionCase):
    def test_copy_of_the_database_leaves_the_workshop_alone(self):
        parameters = self.env["ir.config_parameter"]
        for name in SECRETS:
            parameters.set_param(f"open_workshop_mqtt.{name}", "http://bridge:8080")
        parameters.set_param("open_workshop_mqtt.keep_events_days", "30")
        crons = self.env["ir.cron"].browse(
            self.env["ir.model.data"]
            .search([("module", "=", "open_workshop_mqtt"), ("model", "=", "ir.cron")])
            .mapped("res_id")
        )
        self.assertGreaterEqual(len(crons), 2)
        crons.active = True
        self.env.flush_all()
        with file_open("open_workshop_mqtt/data/neutralize.sql") as file:
            self.env.cr.execute(file.read())
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        for name in SECRETS:
            self.assertFalse(parameters.get_param(f"open_workshop_mqtt.{name}"))
        kept = parameters.get_param("open_workshop_mqtt.keep_events_days")
        self.assertEqual(kept, "30")
        self.assertEqual(crons.mapped("active"), [False] * len(crons))
