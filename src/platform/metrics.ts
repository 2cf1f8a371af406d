import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { bridgeEventSchema, runEventSchema } from '../model/event.ts';

const SESSION_TYPES = bridgeEventSchema.options.map((option) => option.shape.event_type.value);
const RUN_TYPES = runEventSchema.options.map((option) => option.shape.event_type.value);

/** The counter with a 0 for each type: a series that begins at 1 shows no increase to an alarm. */
function fromZero(counter: Counter<string>, types: readonly string[]): Counter<string> {
  for (const type of types) counter.inc({ type }, 0);
  return counter;
}

/** What flows count. */
function flowCounters(counter: (name: string, help: string) => Counter) {
  return {
    flowRuns: counter('flow_runs_total', 'Triggers whose condition was looked at'),
    flowMatched: counter('flow_matched_total', 'Runs of flows whose condition was true'),
    flowActions: counter('flow_actions_total', 'Actions of flows carried out'),
    flowErrors: counter('flow_errors_total', 'Expressions and actions of flows that failed'),
    flowTimeouts: counter('flow_timeouts_total', 'Evaluations of flows ended because they took too long'),
    flowThrottled: counter('flow_throttled_total', 'Triggers of flows left out because they came too fast'),
    flowDropped: counter('flow_dropped_total', 'Triggers of flows left out because too many waited'),
    flowLoops: counter('flow_loops_total', 'Chains of flows that were cut'),
  };
}

type MakeCounter = (name: string, help: string, labelNames?: string[]) => Counter<string>;

/** What becomes of events. */
function outboxCounters(counter: MakeCounter) {
  return {
    outboxDropped: fromZero(
      counter('outbox_dropped_total', 'Events dropped because the outbox was full', ['type']),
      [...SESSION_TYPES, ...RUN_TYPES],
    ),
    outboxDelivered: counter('outbox_delivered_total', 'Events Odoo has taken'),
    outboxRefused: counter('outbox_refused_total', 'Refusals of an event by Odoo'),
    outboxParked: counter('outbox_parked_total', 'Events set aside after too many refusals'),
    odooAway: counter('odoo_away_total', 'Deliveries that found Odoo away'),
  };
}

/** All metrics of the bridge, in one naming scheme: `iot_bridge_<stage>_<what>_total`. No label names a device. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const counter: MakeCounter = (name, help, labelNames = []) =>
    new Counter({ name: `iot_bridge_${name}`, help, labelNames, registers });
  const gauge = (name: string, help: string) => new Gauge({ name: `iot_bridge_${name}`, help, registers });
  return {
    registry,
    mqttReceived: counter('mqtt_received_total', 'MQTT messages received'),
    mqttConnects: counter('mqtt_connects_total', 'Connections made to the broker'),
    mqttFailures: counter('mqtt_failures_total', 'Connections that failed or were lost', ['reason']),
    embeddedClients: gauge('embedded_clients', 'Clients connected to the embedded broker'),
    embeddedRefused: counter(
      'embedded_refused_total',
      'Connections the embedded broker refused, or closed for what they sent',
      ['reason'],
    ),
    embeddedDropped: counter(
      'embedded_dropped_total',
      'Publishes, deliveries and subscriptions the embedded broker did not carry out',
      ['reason'],
    ),
    parseUnusable: counter('parse_unusable_total', 'Messages that gave no reading', ['parser', 'reason']),
    parseValuesLeftOut: counter('parse_values_left_out_total', 'Values left out of usable messages', [
      'parser',
    ]),
    detectReadings: counter('detect_readings_total', 'Readings given to the detector'),
    detectLate: counter('detect_late_messages_total', 'Readings older than what was already decided'),
    detectUnattributedKwh: counter(
      'detect_unattributed_kwh_total',
      'Energy counted while nobody listened, in no session',
    ),
    detectEvents: fromZero(
      counter('detect_events_total', 'Events the detector gave', ['type']),
      SESSION_TYPES,
    ),
    storeCommits: counter('store_commits_total', 'Transactions that held states and events'),
    storeFailures: counter('store_failures_total', 'Transactions that failed and are tried again'),
    historyDropped: counter('history_dropped_total', 'Messages and readings left out of the history'),
    historyRestarts: counter(
      'history_restarts_total',
      'Times the worker of the history ended and was started again',
    ),
    ...flowCounters((name, help) => counter(name, help)),
    ...outboxCounters(counter),
    odooSeconds: new Histogram({
      name: 'iot_bridge_odoo_request_seconds',
      help: 'Time Odoo took to answer',
      buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30],
      registers,
    }),
    outboxPending: gauge('outbox_pending', 'Events that wait'),
    outboxParkedNow: gauge('outbox_parked', 'Events set aside'),
    outboxOldestSeconds: gauge('outbox_oldest_seconds', 'Age of the oldest event that waits'),
    sessionsOpen: gauge('sessions_open', 'Sessions open'),
    devices: gauge('devices', 'Devices configured'),
    mqttConnected: gauge('mqtt_connected', '1 while the broker is connected'),
    loopLagSeconds: gauge('loop_lag_seconds', 'Longest delay of the event loop since the last scrape'),
    memoryBytes: gauge('memory_rss_bytes', 'Resident memory of the process'),
  };
}
export type Metrics = ReturnType<typeof createMetrics>;
