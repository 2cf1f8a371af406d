from . import maintenance_equipment, mqtt_device, mqtt_session
