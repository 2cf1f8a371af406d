import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Administration } from '../devices/administration.ts';
import type { ApplyResult } from '../devices/configuration.ts';
import type { Provisioning } from '../devices/provisioning.ts';
import type { Templates } from '../devices/templates.ts';
import type { Configuration } from '../model/device.ts';
import type { DeviceDetail, DeviceSummary } from '../model/own-device.ts';
import type { TemplateInput } from '../model/template.ts';
import type { Finding } from '../model/validation.ts';
import type { ConnectedClient } from '../mqtt/embedded/broker.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { OutboxTable } from '../store/outbox.ts';
import type { SessionsTable } from '../store/sessions.ts';
import type { BrokerDeps } from './brokers.ts';
import type { ConfigurationHistoryDeps } from './configurations.ts';
import type { CurvesDeps } from './curves.ts';
import type { DeliveryDeps } from './delivery.ts';
import type { DeviceRequestDeps } from './device-request.ts';
import type { DiagnosisDeps } from './diagnosis.ts';
import type { DiscoveryDeps } from './discovery.ts';
import type { EmbeddedBrokerDeps } from './embedded-broker.ts';
import type { FlowDeps } from './flows.ts';
import type { LogDeps } from './log.ts';
import type { MessageDeps } from './messages.ts';
import type { ReadingsDeps } from './readings.ts';
import type { SavedMessageDeps } from './saved-messages.ts';
import type { HealthReport } from './schemas.ts';
import type { ServiceDeps } from './service.ts';
import type { SessionSummaryDeps } from './session-summary.ts';
import type { SessionWhyDeps } from './session-why.ts';
import type { StreamDeps } from './stream-hub.ts';
import type { SubscriptionDeps } from './subscriptions.ts';

/** How the HTTP side listens, and whom it lets in. */
export type HttpOptions = {
  host: string;
  /** 0: a free one, see the url that `start` gives. */
  port: number;
  apiToken: string;
  /** Sees everything and changes nothing. */
  viewToken?: string | undefined;
  auth: 'token' | 'off';
  metricsAuth: 'off' | 'token';
  /** Largest body of `POST /config`, bytes. */
  bodyBytesMax: number;
  /** With `auth: 'off'`: answer only to a loopback name, and only to pages of the bridge itself. */
  loopbackOnly: boolean;
  /** One sentence that says where the token is found; part of every 401. */
  tokenHint: string;
};

/** Everything the HTTP side needs; bridge.ts hands it in. */
export type ApiDeps = {
  clock: Pick<Clock, 'wallMs' | 'steadyMs' | 'after' | 'soon'>;
  log: Log;
  metrics: { registry: { metrics(): Promise<string>; contentType: string } };
  http: HttpOptions;
  version: string;
  health(): HealthReport;
  /** Whether MQTT is connected and the state is loaded. */
  ready(): boolean;
  devices: {
    apply(input: unknown, source: 'push'): Promise<ApplyResult>;
    /** The configuration in force, as it was pushed. */
    current(): Configuration;
  };
  /** Every device, with its machine as it is right now. */
  machines(): DeviceSummary[];
  device(deviceId: string): DeviceDetail | null;
  administration: Pick<
    Administration,
    | 'create'
    | 'patch'
    | 'remove'
    | 'copyToken'
    | 'rotateToken'
    | 'attributes'
    | 'pastAttributes'
    | 'setAttributes'
    | 'waiting'
    | 'decide'
  >;
  templates: Templates;
  /** What is wrong with the devices that a template would make. */
  templateProblems(input: TemplateInput): Finding[];
  /** How many devices there are of a template. */
  provisionedUnder(templateId: string): number;
  provisioning: Pick<Provisioning, 'answer'>;
  /** For brokers of one's own; null: there is no BROKER_HOOK_TOKEN. */
  hooks: {
    token: string;
    /** How the bridge itself logs in there. */
    own: { username: string; password: string } | null;
    /** Whose token this is. */
    deviceOf(token: string): string | null;
    access(deviceId: string): { topics: readonly string[] } | { refusal: string };
  } | null;
  sessions: Pick<SessionsTable, 'list'>;
  outbox: Pick<OutboxTable, 'list' | 'one' | 'retry' | 'retryAllParked'>;
  /** Who is connected to the embedded broker. */
  clients(): ConnectedClient[];
  /** Tells the courier that events wait in `lanes`. */
  wake(lanes: Iterable<string>): void;
} & BrokerDeps &
  SubscriptionDeps &
  MessageDeps &
  SavedMessageDeps &
  ServiceDeps &
  DeviceRequestDeps &
  FlowDeps &
  DiscoveryDeps &
  ReadingsDeps &
  CurvesDeps &
  SessionSummaryDeps &
  SessionWhyDeps &
  DeliveryDeps &
  DiagnosisDeps &
  EmbeddedBrokerDeps &
  LogDeps &
  ConfigurationHistoryDeps &
  Pick<StreamDeps, 'feed'>;

/** The Fastify instance that routes are added to. */
export type Server = FastifyInstance<
  RawServerDefault,
  import('node:http').IncomingMessage,
  import('node:http').ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;
