import type { MachineCurve } from '../api/curves.ts';
import type { DetectorConfiguration } from '../api/readings.ts';
import { fieldsOf, withFields } from '../devices/overrides.ts';
import type { ReplayParams } from '../history/replay-task.ts';
import type { SuggestionParams } from '../history/suggestion-task.ts';
import type { ReadingsQuery } from '../model/reading-series.ts';
import { parserFor } from '../parse/index.ts';
import { type Identities, resolve } from './identities.ts';
import type { Stores } from './stores.ts';

/** How long the power of a device holds that may be silent for ever. */
const CURVE_GAP_MS = 3_600_000;

/** Charts, replay and suggestion: what the readings of a device say. */
export function createTuning({ history }: Stores, { registry }: Identities) {
  return {
    configurationOf(deviceId: string, change: Record<string, unknown>): DetectorConfiguration | null {
      const entry = registry.get(deviceId);
      if (!entry) return null;
      const changes = fieldsOf(change).filter(([, value]) => value !== undefined);
      // Whether it has a topic is no matter here.
      const config = { mqtt_topic: deviceId, ...entry.config, device_id: deviceId };
      const checked = resolve(withFields(config, changes));
      if (!checked.ok) return checked;
      const { detector, parserType, parser } = checked.device;
      const reportIntervalMs = parserFor(parserType, parser.mqttTopic)?.reportIntervalMs ?? null;
      return { ok: true, options: detector, reportIntervalMs };
    },
    readings: (query: ReadingsQuery) => history.readings(query),
    /** The power of every machine over the last minutes. */
    async curves(fromMs: number, toMs: number, points: number): Promise<MachineCurve[]> {
      const machines = registry.list().flatMap(({ device }) => device?.detector ?? []);
      const devices = machines.map(({ deviceId, messageTimeoutMs }) => ({
        deviceId,
        gapMs: messageTimeoutMs ?? CURVE_GAP_MS,
      }));
      const curves = await history.curves({ fromMs, toMs, points, devices });
      return machines.map(({ deviceId, standbyThresholdW, workingThresholdW }, i) => ({
        deviceId,
        standbyThresholdW,
        workingThresholdW,
        points: curves[i] ?? [],
      }));
    },
    replay: (params: ReplayParams, signal?: AbortSignal) => history.run('replay', params, signal),
    suggestion: (params: SuggestionParams, signal?: AbortSignal) => history.run('suggestion', params, signal),
  };
}
