import { Button, Group, NativeSelect, Text, Title } from '@mantine/core';
import { useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceDetail } from '../../../src/model/own-device.ts';
import { useFormat } from '../../components/format.ts';
import classes from './machine.module.css';
import { ReplayResult } from './replay-result.tsx';
import { changedFields, type TunedConfig, tunedConfig, withThreshold } from './session-config.ts';
import { SuggestionCard } from './suggestion-card.tsx';
import { TuneChart } from './tune-chart.tsx';
import { TuneInputs } from './tune-inputs.tsx';
import { usePatch } from './use-patch.ts';
import { useReplay } from './use-replay.ts';

const DAY_MS = 86_400_000;
const DAYS = [1, 3, 7, 30] as const;

/** Thresholds and times to try on what was: the sessions follow at once, and nothing changes until it is applied. */
export function TuneTab({ device }: { device: DeviceDetail }) {
  const { t } = useTranslation();
  const inForce = tunedConfig(device.configuration);
  const [change, setChange] = useState<Partial<TunedConfig>>({});
  const draft = { ...inForce, ...change };
  const fields = changedFields(inForce, draft);
  const isChanged = Object.keys(fields).length > 0;
  const [openedAt] = useState(() => Date.now());
  const [days, setDays] = useState<number>(1);
  const period = useMemo(() => ({ fromMs: openedAt - days * DAY_MS, toMs: openedAt }), [openedAt, days]);
  const replay = useReplay(device.device_id, period, fields);
  const applying = usePatch(device.device_id, t('machine.applied'));
  const apply = () => applying.mutate({ session_config: fields }, { onSuccess: () => setChange({}) });
  const drag = useCallback(
    (key: 'standby' | 'working', watts: number) =>
      setChange((before) => {
        const { standby_threshold_w, working_threshold_w } = withThreshold(
          { ...tunedConfig(device.configuration), ...before },
          key,
          watts,
        );
        return { ...before, standby_threshold_w, working_threshold_w };
      }),
    [device.configuration],
  );
  return (
    <div className={classes.split}>
      <div className={classes.stack}>
        <div className={classes.bar}>
          <Period days={days} onDays={setDays} />
          <Group gap="sm">
            <Button variant="default" disabled={!isChanged} onClick={() => setChange({})}>
              {t('machine.discard')}
            </Button>
            <Button disabled={!isChanged} loading={applying.isPending} onClick={apply}>
              {t('machine.apply')}
            </Button>
          </Group>
        </div>
        <TuneChart
          key={days}
          device={device}
          period={period}
          draft={draft}
          report={replay.data ?? null}
          onDrag={drag}
        />
        <ReplayResult replay={replay} />
      </div>
      <div className={classes.stack}>
        <section className={classes.card}>
          <Title order={2}>{t('machine.try')}</Title>
          <Text size="sm" className="quiet">
            {t('machine.try_hint')}
          </Text>
          <TuneInputs inForce={inForce} draft={draft} onDraft={setChange} />
        </section>
        <SuggestionCard deviceId={device.device_id} onTake={setChange} />
      </div>
    </div>
  );
}

function Period({ days, onDays }: { days: number; onDays(days: number): void }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <NativeSelect
      label={t('machine.period')}
      value={String(days)}
      onChange={(event) => onDays(Number(event.currentTarget.value))}
      data={DAYS.map((one) => ({
        value: String(one),
        label: t('machine.last_days', { count: one, days: format.count(one) }),
      }))}
    />
  );
}
