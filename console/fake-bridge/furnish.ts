/** Sends one request to the demo. @throws when it is refused */
export type Ask = (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;

const METERS: [topic: string, payload: unknown][] = [
  ['tele/planer/SENSOR', { ENERGY: { Total: 15.118, Power: 119, Voltage: 230, Current: 0.52 } }],
  ['shellypmminig3-48f6eeb73a1c/status/pm1:0', { id: 0, voltage: 231.1, current: 0.82, apower: 188.6 }],
  ['zigbee2mqtt/band saw', { state: 'ON', power: 1042.5, energy: 3.2, voltage: 229 }],
  ['shellies/shellyplug-s-7C87CE/relay/0/power', 64.2],
];

/** Gives the demo what it does not have by itself, so that every page has something to show. */
export async function furnish(ask: Ask): Promise<void> {
  const template = await ask('POST', '/api/templates', {
    name: 'Energy meter v2',
    approval_required: true,
    key_policy: 'new_token',
    defaults: { mqtt_topic: 'messages/{device_id}/telemetry', parser_type: 'generic' },
  });
  await ask('POST', '/api/templates', {
    name: 'Clamp series',
    enabled: false,
    allowed_keys: ['a8032abe54dc'],
  });
  for (const number of [17, 18, 19]) {
    await ask('POST', '/api/provision', {
      device_name: `Meter ${number}`,
      device_key: `a8032abe54${number}`,
      provision_key: template.provision_key,
      provision_secret: template.provision_secret,
    });
  }
  await ask('POST', '/api/devices', { device_id: 'lathe-2', machine_name: 'Lathe 2' });
  await ask('PUT', '/api/devices/lathe-2/attributes', { interval_s: 5, place: 'hall 2' });
  await ask('PATCH', '/api/devices/cnc-mill', { session_config: { standby_threshold_w: 25 } });
  await ask('POST', '/api/saved-messages', {
    name: 'Lamp on',
    broker_id: 'embedded',
    topic: 'hall/lamp/set',
    payload: 'ON',
  });
  await ask('POST', '/api/flows', {
    name: 'Lamp when the mill works',
    when: { event: ['session_started'], device_id: 'cnc-mill' },
    do: [{ publish: { topic: 'hall/lamp/set', body: '"ON"' } }],
  });
  for (const [topic, payload] of METERS) {
    await ask('POST', '/api/messages', {
      broker_id: 'embedded',
      topic,
      payload: JSON.stringify(payload),
    });
  }
}
