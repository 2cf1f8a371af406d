from . import (
    account_analytic_line,
    mqtt_device,
    mqtt_session,
    res_company,
    res_config_settings,
)
