from . import (
    account_move_line,
    mqtt_billing,
    mqtt_device,
    mqtt_session,
    res_company,
    res_config_settings,
    sale_order_line,
)
