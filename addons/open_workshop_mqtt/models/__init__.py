from . import (
    ir_http,
    mqtt_price,
    mqtt_device,
    mqtt_device_configuration,
    mqtt_session,
    mqtt_event,
    mqtt_event_intake,
)
from . import (
    mqtt_bridge,
    mqtt_bridge_mirror,
    mqtt_push,
    mqtt_push_parameter,
    mqtt_device_push,
    mqtt_service,
    mqtt_broker,
    mqtt_subscription,
    mqtt_message,
    mqtt_message_history,
    res_config_settings,
)
