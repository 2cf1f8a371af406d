# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def uninstall_hook(env):
    """Forget where the bridge is, and the tokens: nothing reads them any more."""
    parameters = env["ir.config_parameter"].sudo()
    parameters.search([("key", "=like", "open_workshop_mqtt.%")]).unlink()
