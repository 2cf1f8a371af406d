from . import (
    test_config_pull,
    test_device,
    test_event,
    test_event_body,
    test_intake_device,
    test_intake_http,
    test_intake_session,
    test_neutralize,
    test_price,
    test_security,
    test_session_assign,
)
from . import (
    test_bridge,
    test_broker,
    test_message,
    test_push,
    test_push_lock,
    test_service,
    test_session_partner,
    test_settings,
    test_subscription,
)
