# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import TransactionCase, new_test_user
from odoo.tools import mute_logger

from ..models.mqtt_bridge import TOKEN_PARAMETER, URL_PARAMETER
from .fake_bridge import TOKEN, FakeBridge

PUSH_LOGGER = "odoo.addons.open_workshop_mqtt.models.mqtt_push"


class FakeBridgeCase(TransactionCase):
    """Odoo is set to a fake bridge, which has the configuration as it is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Whatever the database has, tests begin without.
        cls.env["mqtt.device"].with_context(active_test=False).search([]).unlink()
        cls.env["mqtt.subscription"].search([])._mirror_unlink()
        cls.env["mqtt.broker"].search([])._mirror_unlink()
        cls.manager = new_test_user(
            cls.env, "mqtt_manager", "open_workshop_mqtt.group_manager"
        )
        cls.user = new_test_user(cls.env, "mqtt_user", "open_workshop_mqtt.group_user")
        cls.stranger = new_test_user(cls.env, "mqtt_stranger", "base.group_user")

    def setUp(self):
        super().setUp()
        # What opens a cursor of its own sees the test's transaction.
        self.registry.enter_test_mode(self.cr)
        self.addCleanup(self.registry.leave_test_mode)
        self.bridge = self.enterContext(FakeBridge())
        self.set_parameter(TOKEN_PARAMETER, TOKEN)
        self.set_parameter(URL_PARAMETER, self.bridge.url)
        self.commit()
        self.bridge.requests.clear()

    def set_parameter(self, key, value):
        """Set a system parameter."""
        self.env["ir.config_parameter"].sudo().set_param(key, value)

    def commit(self):
        """Do what is done after a commit; the test's cursor does not commit."""
        self.env.flush_all()
        self.env.cr.postcommit.run()
        self.env.invalidate_all()

    def commit_quietly(self):
        """The same, for a push that fails and says so in the log."""
        with mute_logger(PUSH_LOGGER):
            self.commit()

    def make_device(self, device_id="mill", **values):
        """Make a device with a topic."""
        return self.env["mqtt.device"].create(
            {
                "name": device_id.capitalize(),
                "device_id": device_id,
                "mqtt_topic": f"{device_id}/status/pm1:0",
                **values,
            }
        )
