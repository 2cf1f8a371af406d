import type { Device, DeviceConfig } from '../model/device.ts';
import { topicNameProblem } from '../model/topic.ts';
import type { Parser } from '../parse/parser.ts';
import { type Findings, pathOf } from './findings.ts';

const seconds = (ms: number) => `${ms / 1000} s`;

/** Adds what is legal in a device but probably not meant. */
export function addDoubts(
  config: DeviceConfig,
  device: Device,
  parser: Parser,
  path: string,
  warnings: Findings,
): void {
  addTimeDoubts(config, device, parser, path, warnings);
  const { standby_threshold_w: standbyW } = config.session_config;
  if (standbyW === 0) {
    warnings.add(
      `${path}.session_config.standby_threshold_w`,
      'is 0: the machine counts as on whatever it draws, so that a session ends by a timeout only',
    );
  }
  addTopicDoubts(config, parser, path, warnings);
  if (
    config.probe &&
    parser.probe(config.mqtt_topic, config.parser_options ?? {}, config.channel ?? null) === null
  ) {
    warnings.add(
      `${path}.probe`,
      () => `has no effect: a ${parser.type} device on this topic cannot be asked for its power`,
    );
  }
}

/** Says that the device waits for a broker that is not there. */
export function addBrokerDoubt(
  { broker }: DeviceConfig,
  path: string,
  { isBroker }: { isBroker?(brokerId: string): boolean },
  warnings: Findings,
): void {
  if (broker === undefined || !isBroker || isBroker(broker)) return;
  warnings.add(path, () => `names a broker that is not there: the device is heard once ${broker} is made`);
}

function addTimeDoubts(
  config: DeviceConfig,
  { detector }: Device,
  parser: Parser,
  path: string,
  warnings: Findings,
): void {
  const { reportIntervalMs } = parser;
  const { messageTimeoutMs, startDebounceMs, offlineTimeoutMs } = detector;
  const { message_timeout_s: timeoutS } = config.session_config;
  if (reportIntervalMs !== null && timeoutS !== undefined && timeoutS * 1000 < reportIntervalMs) {
    warnings.add(
      `${path}.session_config.message_timeout_s`,
      () =>
        `is ${timeoutS} s, but a ${parser.type} device may report constant power only every ` +
        `${seconds(reportIntervalMs)}: its sessions would time out. Leave it out or let the device report more often`,
    );
  }
  if (messageTimeoutMs !== null && startDebounceMs >= messageTimeoutMs) {
    warnings.add(
      `${path}.session_config.start_debounce_s`,
      () =>
        `is ${seconds(startDebounceMs)}, not below the message timeout of ${seconds(messageTimeoutMs)}: ` +
        'a start is forgotten when the device is silent that long before it is confirmed',
    );
  }
  if (reportIntervalMs !== null && offlineTimeoutMs !== null && offlineTimeoutMs < reportIntervalMs) {
    warnings.add(
      `${path}.offline_timeout_s`,
      () =>
        `is ${seconds(offlineTimeoutMs)}, but a ${parser.type} device may report only every ` +
        `${seconds(reportIntervalMs)}: it would count as offline in between`,
    );
  }
}

function addTopicDoubts(config: DeviceConfig, parser: Parser, path: string, warnings: Findings): void {
  const { mqtt_topic: topic, parser_options: options } = config;
  if (parser.readsOptions) {
    for (const [field, mapping] of Object.entries(options ?? {})) {
      if (typeof mapping !== 'object' || !('topic' in mapping) || mapping.topic === undefined) continue;
      const problem = topicNameProblem(mapping.topic);
      const fieldPath = `${pathOf(`${path}.parser_options`, field)}.topic`;
      if (problem) warnings.add(fieldPath, `${problem}; it is not subscribed`);
    }
    if (parser.type === 'generic' || parser.type === 'auto') return;
  } else if (options !== undefined) {
    warnings.add(
      `${path}.parser_options`,
      () => `have no effect: the ${parser.type} parser does not obey them`,
    );
  }
  // A family that knows the place of a topic knows its siblings; a wildcard may stand for the right place.
  if (!/[+#]/.test(topic) && parser.siblingTopics(topic, {}).length === 0) {
    warnings.add(
      `${path}.mqtt_topic`,
      () =>
        `is not a topic as ${parser.type} devices have it (${parser.title}): messages on it may not be understood`,
    );
  }
}
