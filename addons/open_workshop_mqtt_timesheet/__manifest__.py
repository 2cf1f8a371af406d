# Copyright 2026 Open Workshop contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Open Workshop MQTT: Timesheets",
    "summary": "Closed machine sessions as timesheets of their users",
    "version": "18.0.1.0.0",
    "author": "Open Workshop",
    "website": "https://github.com/open-workshop/iot-bridge",
    "license": "LGPL-3",
    "category": "Manufacturing/Internet of Things",
    "auto_install": True,
    "depends": ["open_workshop_mqtt", "hr_timesheet"],
    "data": [
        "views/mqtt_views.xml",
        "views/res_config_settings_views.xml",
    ],
}
