-- A copy of the database must not reconfigure the real workshop, nor take its events.
DELETE FROM ir_config_parameter
 WHERE key IN (
    'open_workshop_mqtt.bridge_url',
    'open_workshop_mqtt.bridge_token',
    'open_workshop_mqtt.event_token'
 );
UPDATE ir_cron
   SET active = false
 WHERE id IN (
    SELECT res_id
      FROM ir_model_data
     WHERE module = 'open_workshop_mqtt'
       AND model = 'ir.cron'
 );
