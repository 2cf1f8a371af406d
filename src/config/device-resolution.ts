import type { Device, DeviceConfig } from '../model/device.ts';
import type { Parser } from '../parse/parser.ts';

/** A device is given up when it has been silent for this many report intervals of its family. */
const SILENT_INTERVALS = 1.5;

const toMs = (seconds: number) => Math.round(seconds * 1000);

/** A device as the pipeline runs it: defaults that depend on the parser filled in, times in ms. */
export function resolveDevice(config: DeviceConfig, parser: Parser): Device {
  const session = config.session_config;
  const silenceMs =
    parser.reportIntervalMs === null ? null : Math.round(parser.reportIntervalMs * SILENT_INTERVALS);
  const heartbeatMs = toMs(session.heartbeat_interval_s);
  return {
    deviceId: config.device_id,
    broker: config.broker ?? null,
    probe: config.probe,
    parserType: parser.type,
    parser: {
      deviceId: config.device_id,
      mqttTopic: config.mqtt_topic,
      channel: config.channel ?? null,
      options: config.parser_options ?? {},
    },
    detector: {
      deviceId: config.device_id,
      machineName: config.machine_name ?? config.device_id,
      standbyThresholdW: session.standby_threshold_w,
      workingThresholdW: session.working_threshold_w,
      startDebounceMs: toMs(session.start_debounce_s),
      stopDebounceMs: toMs(session.stop_debounce_s),
      messageTimeoutMs: session.message_timeout_s === undefined ? silenceMs : toMs(session.message_timeout_s),
      heartbeatIntervalMs: heartbeatMs === 0 ? null : heartbeatMs,
      startOn: config.start_on,
      powerSign: config.power_sign,
      ratedPowerW: config.rated_power_w ?? null,
      offlineTimeoutMs: config.offline_timeout_s === undefined ? silenceMs : toMs(config.offline_timeout_s),
      maxClockSkewMs: toMs(config.max_clock_skew_s),
      gapMaxMs: toMs(config.gap_max_s),
      forwardMeasurements: config.forward_measurements,
    },
  };
}
