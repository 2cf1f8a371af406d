import { z } from 'zod';
import type { Server } from './deps.ts';
import { faults } from './faults.ts';

/** Where the embedded broker is reached; a port that is null is not offered. */
export type EmbeddedAddress = {
  /** It takes connections now. */
  listening: boolean;
  /** The address that it listens on: 0.0.0.0 is every one of the machine. */
  host: string;
  ports: { mqtt: number; mqtts: number | null; ws: number | null };
  /** Clients without a user name are let in. */
  allowAnonymous: boolean;
};
export type EmbeddedBrokerDeps = {
  /** null: there is none (EMBEDDED_BROKER). */
  embeddedAddress(): EmbeddedAddress | null;
};

const port = z.int().min(0).max(65_535);
const embeddedBroker = z
  .object({
    exists: z.boolean().describe('false: EMBEDDED_BROKER is off; the other fields are null'),
    listening: z.boolean().nullable().describe('It takes connections now'),
    host: z.string().nullable().describe('0.0.0.0 or :: is every address of the machine'),
    mqtt_port: port.nullable(),
    mqtts_port: port.nullable().describe('MQTT over TLS; null: not offered'),
    ws_port: port.nullable().describe('MQTT over WebSocket; null: not offered'),
    allow_anonymous: z.boolean().nullable().describe('Clients without a user name are let in'),
  })
  .meta({ id: 'EmbeddedBroker' });
export type EmbeddedBrokerView = z.infer<typeof embeddedBroker>;

const NONE: EmbeddedBrokerView = {
  exists: false,
  listening: null,
  host: null,
  mqtt_port: null,
  mqtts_port: null,
  ws_port: null,
  allow_anonymous: null,
};

function view({ listening, host, ports, allowAnonymous }: EmbeddedAddress): EmbeddedBrokerView {
  return {
    exists: true,
    listening,
    host,
    mqtt_port: ports.mqtt,
    mqtts_port: ports.mqtts,
    ws_port: ports.ws,
    allow_anonymous: allowAnonymous,
  };
}

/** `/api/embedded-broker`: where meters reach the broker inside the bridge. */
export function embeddedBrokerRoutes(app: Server, { embeddedAddress }: EmbeddedBrokerDeps): void {
  app.get('/api/embedded-broker', {
    config: { access: 'view' },
    schema: {
      summary: 'Where the embedded broker is reached',
      description: 'Host and ports that meters and other devices connect to.',
      tags: ['brokers'],
      response: { 200: embeddedBroker, ...faults(401, 429) },
    },
    handler: () => {
      const found = embeddedAddress();
      return found ? view(found) : NONE;
    },
  });
}
