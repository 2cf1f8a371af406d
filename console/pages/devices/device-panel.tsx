import { Alert, Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { DeviceDetail } from '../../../src/model/own-device.ts';
import { Fact, Facts } from '../../components/facts.tsx';
import { useFormat } from '../../components/format.ts';
import { useFaultText } from '../../components/notices.tsx';
import { StateChip } from '../../components/state-chip.tsx';
import { DeviceActions } from './device-actions.tsx';
import type { FormTask } from './device-form.tsx';
import classes from './device-panel.module.css';
import { ConditionWord } from './device-table.tsx';
import { DeviceToken } from './device-token.tsx';
import { familyName } from './families.ts';
import { FIELDS, nameOf } from './fields.ts';
import { useDevice } from './use-devices.ts';

type DevicePanelProps = { id: string; onOpen(id: string | null): void; onForm(task: FormTask): void };

/** What is known of one device, and what can be done with it. */
export function DevicePanel({ id, onOpen, onForm }: DevicePanelProps) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const device = useDevice(id);
  if (device.isPending) return <PanelSkeleton />;
  if (!device.data) {
    return (
      <Alert color="red" role="alert" title={t('list.failed')}>
        <Text size="sm">{faultText(device.error)}</Text>
        <Button variant="default" mt="sm" onClick={() => void device.refetch()}>
          {t('list.retry')}
        </Button>
      </Alert>
    );
  }
  const { data } = device;
  return (
    <Stack gap="md">
      <Group gap="xs">
        {data.running && <StateChip {...data} />}
        <Text size="sm" component="span">
          <ConditionWord device={data} />
        </Text>
        <Link to="/machines/$deviceId" params={{ deviceId: id }} className={classes.link}>
          {t('devices.to_machine')}
        </Link>
      </Group>
      <DeviceActions device={data} onGone={() => onOpen(null)} onForm={onForm} />
      <Known device={data} />
      <DeviceToken device={data} />
    </Stack>
  );
}

function PanelSkeleton() {
  return (
    <Stack gap="sm">
      {[1.5, 2, 9, 7].map((rem) => (
        <Skeleton key={rem} height={`${rem}rem`} />
      ))}
    </Stack>
  );
}

const textOf = (value: unknown): string =>
  value === null || value === undefined
    ? '–'
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value);

/** A value of a field with the unit of that field. */
function valueText(field: string, value: unknown): string {
  const unit = FIELDS.find(({ path }) => path === field)?.unit;
  const text = textOf(value);
  return unit && text !== '–' ? `${text} ${unit}` : text;
}

function Known({ device }: { device: DeviceDetail }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { configuration, last_problem: problem } = device;
  const session = (configuration.session_config ?? {}) as Record<string, unknown>;
  const family = device.family ?? configuration.parser_type;
  return (
    <>
      <Facts>
        <Fact name={t('devices.field_device_id')}>{device.device_id}</Fact>
        <Fact name={t('devices.source')}>{t(`devices.source_${device.source}_what`)}</Fact>
        <Fact name={t('devices.family')}>{familyName(textOf(family), t)}</Fact>
        <Fact name={t('devices.field_mqtt_topic')}>{textOf(configuration.mqtt_topic)}</Fact>
        <Fact name={t('devices.last_message')}>{format.moment(device.last_message_at)}</Fact>
        <Fact name={t('devices.power')}>{format.power(device.power_w)}</Fact>
        <Fact name={t('devices.thresholds')}>
          {`${textOf(session.standby_threshold_w)} W · ${textOf(session.working_threshold_w)} W`}
        </Fact>
        {device.device_key !== null && <Fact name={t('devices.device_key')}>{device.device_key}</Fact>}
      </Facts>
      {device.overrides.length > 0 && (
        <div>
          <Text size="sm" fw={600}>
            {t('devices.overrides')}
          </Text>
          {device.overrides.map(({ field, value, configured }) => (
            <Text size="sm" key={field} className="figures">
              {t('devices.override', {
                field: t(`devices.field_${nameOf(field)}`),
                value: valueText(field, value),
                configured: valueText(field, configured),
              })}
            </Text>
          ))}
        </div>
      )}
      {problem && (
        <Alert
          color="orange"
          variant="outline"
          title={t('devices.problem', { at: format.moment(problem.at) })}
        >
          <Text size="sm" className={classes.problem}>
            {problem.topic}: {problem.detail}
          </Text>
        </Alert>
      )}
    </>
  );
}
