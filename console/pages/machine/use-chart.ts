import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionRecord } from '../../../src/model/machine.ts';
import type { DeviceDetail } from '../../../src/model/own-device.ts';
import { useFormat } from '../../components/format.ts';
import {
  type Band,
  type BandSession,
  sessionBands,
  type Thresholds,
} from '../../components/power-chart/bands.ts';
import { type ChartData, chartData } from '../../components/power-chart/chart-data.ts';
import type { ThresholdLine } from '../../components/power-chart/overlay.ts';
import type { TimeRange } from '../../components/power-chart/time-range.ts';
import { useLivePoints, useReadings } from '../../components/power-chart/use-readings.ts';
import { thresholdsOf } from './session-config.ts';

/** The power of a device around what is shown, as it was fetched and as it comes. */
export function useChartData(device: DeviceDetail, range: TimeRange, nowMs: number) {
  const readings = useReadings(device.device_id, range);
  const points = useLivePoints(device.device_id);
  // A device that is offline has no power that still holds.
  const heldToMs = device.status === 'offline' ? null : nowMs;
  const data = useMemo(
    () => chartData(readings.data ?? null, points, heldToMs),
    [readings.data, points, heldToMs],
  );
  return { readings, data };
}

/** The thresholds as lines; they can be dragged where `onDrag` is given. */
export function useThresholdLines(
  { standbyW, workingW }: Thresholds,
  onDrag?: (key: 'standby' | 'working', watts: number) => void,
): ThresholdLine[] {
  const { t } = useTranslation();
  const format = useFormat();
  return useMemo(
    () =>
      (
        [
          ['standby', standbyW],
          ['working', workingW],
        ] as const
      ).map(([key, watts]) => ({
        key,
        label: `${t(`machine.${key}_threshold`)} ${format.power(watts)}`,
        watts,
        onDrag: onDrag && ((dragged: number) => onDrag(key, dragged)),
      })),
    [t, format, standbyW, workingW, onDrag],
  );
}

const NONE: readonly SessionRecord[] = [];

/** What the machine did in its sessions, as bands. */
export function useBands(
  sessions: readonly BandSession[] | undefined,
  data: ChartData,
  device: DeviceDetail,
  nowMs: number,
): readonly Band[] {
  const thresholds = thresholdsOf(device.configuration);
  const { standbyW, workingW } = thresholds;
  return useMemo(
    () => sessionBands(sessions ?? NONE, data, { standbyW, workingW }, nowMs),
    [sessions, data, standbyW, workingW, nowMs],
  );
}
