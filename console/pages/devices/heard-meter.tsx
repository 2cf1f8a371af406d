import { Button, Paper, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Discovered } from '../../../src/model/discovery.ts';
import type { DeviceDetail } from '../../../src/model/own-device.ts';
import { at, call } from '../../api/client.ts';
import { durationText, secondsSince, useFormat } from '../../components/format.ts';
import { useNotices } from '../../components/notices.tsx';
import type { FormTask } from './device-form.tsx';
import classes from './heard-tab.module.css';
import { useDevicesChanged } from './use-devices.ts';
import { HEARD_KEY, useNow } from './use-heard.ts';

type HeardMeterProps = { meter: Discovered; onForm(task: FormTask): void };

/** A meter that was heard: what it calls itself, what it measures, and the ways to go on. Its words are text. */
export function HeardMeter({ meter, onForm }: HeardMeterProps) {
  const { t } = useTranslation();
  return (
    <Paper component="li" withBorder className={classes.meter}>
      <div className={classes.who}>
        <Text fw={600} className={classes.text}>
          {nameOf(meter)}
        </Text>
        <Text size="sm" className={`${classes.text} quiet`}>
          {[meter.title, meter.model, channelText(meter, t('devices.field_channel'))]
            .filter(Boolean)
            .join(' · ')}
        </Text>
        <Text size="sm" className={classes.text}>
          {meter.topic}
        </Text>
      </div>
      <Values meter={meter} />
      <Ways meter={meter} onForm={onForm} />
    </Paper>
  );
}

const nameOf = ({ name, configuration }: Discovered) => name ?? configuration.machine_name;

/** Look at it in the form, take it as it is, or do not show it again. */
function Ways({ meter, onForm }: HeardMeterProps) {
  const { t } = useTranslation();
  const notices = useNotices();
  const queries = useQueryClient();
  const changed = useDevicesChanged();
  const name = nameOf(meter);
  const setUp = useMutation({
    mutationFn: () => call<DeviceDetail>('POST', '/api/devices', meter.configuration),
    onSuccess: (device) => {
      notices.done(t('devices.made_done', { name: device.machine_name }));
      return changed();
    },
    onError: (error) => notices.failed(error),
  });
  const hide = useMutation({
    mutationFn: () => call('DELETE', at('discovery', meter.id)),
    onSuccess: () => {
      notices.done(t('devices.hidden_done', { name }));
      return queries.invalidateQueries({ queryKey: HEARD_KEY });
    },
    onError: (error) => notices.failed(error),
  });
  return (
    <div className={classes.ways}>
      <Button
        size="xs"
        onClick={() => onForm({ kind: 'make', configuration: meter.configuration })}
        aria-label={t('devices.set_up_named', { name })}
      >
        {t('devices.set_up')}
      </Button>
      <Button
        size="xs"
        variant="default"
        loading={setUp.isPending}
        onClick={() => setUp.mutate()}
        aria-label={t('devices.set_up_now_named', { name })}
      >
        {t('devices.set_up_now')}
      </Button>
      <Button
        size="xs"
        variant="subtle"
        loading={hide.isPending}
        onClick={() => hide.mutate()}
        aria-label={t('devices.hide_named', { name })}
      >
        {t('devices.hide')}
      </Button>
    </div>
  );
}

const channelText = ({ channel }: Discovered, word: string) =>
  channel === null ? null : `${word} ${channel}`;

/** The last values with their units, and how old they are. */
function Values({ meter: { values, last_heard_at: heardAt, broker_id: broker } }: { meter: Discovered }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow();
  const figures =
    values === null
      ? []
      : [
          values.power_w !== undefined && format.power(values.power_w),
          values.energy_kwh !== undefined && format.energy(values.energy_kwh),
          values.voltage_v !== undefined && `${format.number(values.voltage_v, 1)} V`,
          values.current_a !== undefined && `${format.number(values.current_a, 2)} A`,
        ].filter((one) => one !== false);
  return (
    <div className={`${classes.values} figures`}>
      <div className={classes.figures}>
        {figures.length > 0 ? figures.map((one) => <span key={one}>{one}</span>) : t('devices.no_values')}
      </div>
      <Text size="sm" className="quiet">
        {t('devices.heard_ago', { ago: durationText(secondsSince(heardAt, now)), broker })}
        {values?.retained && ` ${t('devices.retained')}`}
      </Text>
    </div>
  );
}
