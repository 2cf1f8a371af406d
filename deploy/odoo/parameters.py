# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Run in `odoo shell`: tells the add-on where the bridge is, and the two tokens."""

import os

PARAMETERS = {
    "open_workshop_mqtt.bridge_url": os.environ["BRIDGE_URL"],
    "open_workshop_mqtt.bridge_token": os.environ["BRIDGE_API_TOKEN"],
    "open_workshop_mqtt.event_token": os.environ["IOT_BRIDGE_TOKEN"],
}

for key, value in PARAMETERS.items():
    env["ir.config_parameter"].sudo().set_param(key, value)  # noqa: F821

# A new database lets `admin` in with the password "admin"; one that a person chose stays.
admin = env.ref("base.user_admin")  # noqa: F821
env.cr.execute("SELECT password FROM res_users WHERE id = %s", [admin.id])  # noqa: F821
(stored,) = env.cr.fetchone()  # noqa: F821
if admin._crypt_context().verify("admin", stored):
    admin.password = os.environ["ODOO_ADMIN_PASSWORD"]
env.cr.commit()  # noqa: F821
# An Odoo that runs keeps parameters in memory until it is told.
env.registry.signal_changes()  # noqa: F821
