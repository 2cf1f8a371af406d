import { Text, Title } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionWhy } from '../../../src/model/session-why.ts';
import { useFormat } from '../../components/format.ts';
import { sessionBands } from '../../components/power-chart/bands.ts';
import { chartData } from '../../components/power-chart/chart-data.ts';
import { ChartSummary } from '../../components/power-chart/chart-summary.tsx';
import { Lanes } from '../../components/power-chart/lanes.tsx';
import type { ThresholdLine } from '../../components/power-chart/overlay.ts';
import { PowerChart } from '../../components/power-chart/power-chart.tsx';
import classes from './machine.module.css';
import { useThresholdLines } from './use-chart.ts';
import { type Entry, timelineOf, triesOf } from './why-timeline.ts';

const LANES = ['state', 'deadline', 'event', 'delivery'] as const;
const NO_LINES: readonly ThresholdLine[] = [];

/** The words of what happened. */
function useEntryText(why: SessionWhy): (entry: Entry) => string {
  const { t } = useTranslation();
  const tries = useMemo(() => triesOf(why), [why]);
  return ({ key, lane, word, name }) => {
    const shown = lane === 'state' ? t(`machine_states.${name}`) : name;
    return t(`machine.${word}`, { name: shown, tries: tries.get(key) });
  };
}

export function WhyView({ why }: { why: SessionWhy }) {
  const timeline = useMemo(() => timelineOf(why), [why]);
  return (
    <div className={classes.stack}>
      <Because why={why} />
      <WhyChart why={why} timeline={timeline} />
      <Timeline why={why} timeline={timeline} />
    </div>
  );
}

/** The beginning, the end and the sums in sentences. */
function Because({ why }: { why: SessionWhy }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { session, configuration, agreement } = why;
  const figures = configuration && {
    standby: format.power(configuration.standby_threshold_w),
    working: format.power(configuration.working_threshold_w),
    start: configuration.start_debounce_s,
    stop: configuration.stop_debounce_s,
    timeout: configuration.message_timeout_s ?? '–',
    gap: configuration.gap_max_s,
  };
  const began = t(`machine.began_${configuration?.start_on ?? 'unknown'}`, {
    ...figures,
    time: format.moment(session.started_at),
  });
  const ended = t(`machine.ended_${session.reason ?? 'open'}${configuration ? '' : '_short'}`, {
    ...figures,
    time: format.moment(session.ended_at),
  });
  return (
    <section className={classes.card}>
      <p className={classes.sentence}>{began}</p>
      <p className={classes.sentence}>{ended}</p>
      {session.duration_s !== null && (
        <Text size="sm" className="figures">
          {t('machine.session_sums', {
            duration: format.duration(session.duration_s),
            standby: format.duration(session.standby_duration_s),
            working: format.duration(session.working_duration_s),
            interruption: format.duration(session.interruption_duration_s),
            energy: format.energy(session.energy_kwh),
          })}
        </Text>
      )}
      <Text size="sm" className="quiet">
        {t(`machine.agreement_${agreement ?? 'none'}`)}
      </Text>
    </section>
  );
}

function WhyChart({ why, timeline }: { why: SessionWhy; timeline: readonly Entry[] }) {
  const { t } = useTranslation();
  const whole = useMemo(() => ({ fromMs: Date.parse(why.from), toMs: Date.parse(why.to) }), [why]);
  const [range, setRange] = useState(whole);
  const text = useEntryText(why);
  const data = useMemo(() => chartData(why.readings, [], null), [why]);
  const standbyW = why.configuration?.standby_threshold_w ?? 0;
  const workingW = why.configuration?.working_threshold_w ?? 0;
  const lines = useThresholdLines({ standbyW, workingW });
  const bands = useMemo(
    () =>
      why.configuration ? sessionBands([why.session], data, { standbyW, workingW }, Date.parse(why.to)) : [],
    [why, data, standbyW, workingW],
  );
  const lanes = LANES.map((lane) => ({
    key: lane,
    label: t(`machine.lane_${lane}`),
    pieces: timeline
      .filter((entry) => entry.lane === lane)
      .map((entry) => {
        const { key, fromMs, toMs, tone } = entry;
        return { key, fromMs, toMs, tone, text: text(entry) };
      }),
  }));
  return (
    <div className={classes.card}>
      <PowerChart
        label={t('machine.chart_of', { name: why.session.machine_name })}
        data={data}
        range={range}
        onRange={setRange}
        onReset={() => setRange(whole)}
        bands={bands}
        thresholds={why.configuration ? lines : NO_LINES}
        height={260}
      />
      <Lanes lanes={lanes} range={range} />
      <ChartSummary data={data} range={range} />
    </div>
  );
}

/** The same in words, for everybody: when what happened, and what Odoo said to it. */
function Timeline({ why, timeline }: { why: SessionWhy; timeline: readonly Entry[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const text = useEntryText(why);
  return (
    <section className={classes.card}>
      <Title order={2}>{t('machine.in_order')}</Title>
      {timeline.length === 0 && <Text size="sm">{t('machine.nothing_known')}</Text>}
      <table className={`${classes.table} figures`}>
        <thead>
          <tr>
            {['time', 'what', 'detail'].map((word) => (
              <th key={word} scope="col">
                {t(`machine.${word}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {timeline.map((entry) => (
            <tr key={entry.key}>
              <td data-word={t('machine.time')} className={classes.when}>
                {format.moment(entry.fromMs)}
              </td>
              <td data-word={t(`machine.lane_${entry.lane}`)}>{text(entry)}</td>
              <td data-word="">
                <span className={classes.value}>{entry.detail}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
