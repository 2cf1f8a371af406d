import { Group, Switch } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceDetail } from '../../../src/model/own-device.ts';
import type { ReplayReport } from '../../../src/model/replay.ts';
import { type BandSession, sessionBands } from '../../components/power-chart/bands.ts';
import { chartData } from '../../components/power-chart/chart-data.ts';
import { ChartSummary } from '../../components/power-chart/chart-summary.tsx';
import { type LanePiece, Lanes } from '../../components/power-chart/lanes.tsx';
import { PowerChart } from '../../components/power-chart/power-chart.tsx';
import { SPAN_MS_MIN, type TimeRange } from '../../components/power-chart/time-range.ts';
import { useReadings } from '../../components/power-chart/use-readings.ts';
import { ChartFault } from './chart-tab.tsx';
import classes from './machine.module.css';
import type { TunedConfig } from './session-config.ts';
import { useThresholdLines } from './use-chart.ts';
import { formerSessions } from './use-replay.ts';

const POINTS = 2500;

/** The part of `period` of which anything is known: a young history fills the chart. */
function fittedRange({ fromMs, toMs }: TimeRange, first: string | undefined): TimeRange {
  const beginMs = first === undefined ? fromMs : Date.parse(first);
  return { fromMs: Math.min(Math.max(fromMs, beginMs), toMs - SPAN_MS_MIN), toMs };
}

type TuneChartProps = {
  device: DeviceDetail;
  period: TimeRange;
  draft: TunedConfig;
  report: ReplayReport | null;
  onDrag(key: 'standby' | 'working', watts: number): void;
};

/** What was heard, with thresholds to drag; under it the sessions as they were and as they would be. */
export function TuneChart({ device, period, draft, report, onDrag }: TuneChartProps) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<TimeRange | null>(null);
  const whole = useReadings(device.device_id, period, POINTS);
  const fitted = useMemo(() => fittedRange(period, whole.data?.points[0]?.at), [period, whole.data]);
  const range = chosen ?? fitted;
  const [isSpread, setSpread] = useState(true);
  const readings = useReadings(device.device_id, range, POINTS);
  const data = useMemo(() => chartData(readings.data ?? null, [], null), [readings.data]);
  const standbyW = draft.standby_threshold_w ?? 0;
  const workingW = draft.working_threshold_w ?? 0;
  const thresholds = useThresholdLines({ standbyW, workingW }, onDrag);
  const bands = useMemo(
    () => sessionBands(report?.sessions ?? [], data, { standbyW, workingW }, period.toMs),
    [report, data, standbyW, workingW, period.toMs],
  );
  const lanes = useMemo(() => {
    const pieces = (sessions: readonly BandSession[], tone: LanePiece['tone']) =>
      sessions.map(({ started_at, ended_at }) => ({
        key: started_at,
        fromMs: Date.parse(started_at),
        toMs: ended_at === null ? period.toMs : Date.parse(ended_at),
        tone,
        text: '',
      }));
    return [
      {
        key: 'before',
        label: t('machine.as_it_was'),
        pieces: report ? pieces(formerSessions(report), 'quiet') : [],
      },
      { key: 'after', label: t('machine.as_it_would_be'), pieces: pieces(report?.sessions ?? [], 'working') },
    ];
  }, [t, report, period.toMs]);
  return (
    <div className={classes.card}>
      {readings.isError && <ChartFault error={readings.error} onRetry={() => void readings.refetch()} />}
      <Group justify="flex-end">
        <Switch
          size="sm"
          label={t('machine.spread')}
          checked={isSpread}
          onChange={(event) => setSpread(event.currentTarget.checked)}
        />
      </Group>
      <PowerChart
        label={t('machine.chart_of', { name: device.machine_name })}
        data={data}
        range={range}
        onRange={setChosen}
        onReset={() => setChosen(null)}
        bands={bands}
        thresholds={thresholds}
        isSpread={isSpread}
      />
      <Lanes lanes={lanes} range={range} />
      <ChartSummary data={data} range={range} />
    </div>
  );
}
