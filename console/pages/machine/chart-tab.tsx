import { Alert, Button, Group, Switch, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceDetail } from '../../../src/model/own-device.ts';
import { useFaultText } from '../../components/notices.tsx';
import { ChartSummary } from '../../components/power-chart/chart-summary.tsx';
import { PowerChart } from '../../components/power-chart/power-chart.tsx';
import { RangeButtons } from '../../components/power-chart/range-buttons.tsx';
import { useLiveRange } from '../../components/power-chart/use-range.ts';
import classes from './machine.module.css';
import { thresholdsOf } from './session-config.ts';
import { useBands, useChartData, useThresholdLines } from './use-chart.ts';
import { useShownSessions } from './use-device.ts';

const START_SPAN_MS = 1_800_000;

/** The power as it comes, with thresholds and sessions, from a minute to a year. */
export function ChartTab({ device }: { device: DeviceDetail }) {
  const { t } = useTranslation();
  const [isSpread, setSpread] = useState(false);
  const { range, nowMs, isLive, show, showSpan, reset, follow } = useLiveRange(START_SPAN_MS);
  const { readings, data } = useChartData(device, range, nowMs);
  const sessions = useShownSessions(device.device_id, range);
  const bands = useBands(sessions.data?.sessions, data, device, nowMs);
  const thresholds = useThresholdLines(thresholdsOf(device.configuration));
  return (
    <section className={classes.stack}>
      <div className={classes.bar}>
        <RangeButtons range={range} onSpan={showSpan} />
        <Group gap="sm">
          <Switch
            size="sm"
            label={t('machine.spread')}
            checked={isSpread}
            onChange={(event) => setSpread(event.currentTarget.checked)}
          />
          <Button size="compact-sm" variant="default" onClick={follow} disabled={isLive} miw={110}>
            {t(isLive ? 'machine.is_live' : 'machine.to_now')}
          </Button>
        </Group>
      </div>
      {readings.isError && <ChartFault error={readings.error} onRetry={() => void readings.refetch()} />}
      <div className={classes.card}>
        <PowerChart
          label={t('machine.chart_of', { name: device.machine_name })}
          data={data}
          range={range}
          onRange={show}
          onReset={reset}
          bands={bands}
          thresholds={thresholds}
          isSpread={isSpread}
        />
        <Legend />
        <ChartSummary data={data} range={range} />
      </div>
      <Text size="sm" className="quiet">
        {readings.data && data[0].length === 0 ? t('machine.chart_empty') : t('machine.chart_hint')}
        {sessions.data?.next_cursor && ` ${t('machine.sessions_many')}`}
      </Text>
    </section>
  );
}

export function ChartFault({ error, onRetry }: { error: unknown; onRetry(): void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  return (
    <Alert color="red" role="alert" title={t('list.failed')}>
      <Text size="sm">{faultText(error)}</Text>
      <Button variant="default" mt="xs" size="xs" onClick={onRetry}>
        {t('list.retry')}
      </Button>
    </Alert>
  );
}

function Legend() {
  const { t } = useTranslation();
  return (
    <div className={classes.legend}>
      {(['standby', 'working', 'interruption'] as const).map((kind) => (
        <span key={kind} data-kind={kind}>
          {t(`machine.at_${kind}`)}
        </span>
      ))}
    </div>
  );
}
