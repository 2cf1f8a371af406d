import { Button, Code, Group, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceDetail } from '../../../src/model/own-device.ts';
import { at, call } from '../../api/client.ts';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Fact, Facts } from '../../components/facts.tsx';
import { useFormat } from '../../components/format.ts';
import { useNotices } from '../../components/notices.tsx';
import classes from './device-panel.module.css';
import { detailKey } from './use-devices.ts';

const MASK = '•'.repeat(12);

/** The password of a device: masked, copied with one click, renewed when asked. */
export function DeviceToken({ device }: { device: Pick<DeviceDetail, 'device_id' | 'token'> }) {
  const { t } = useTranslation();
  const notices = useNotices();
  const queries = useQueryClient();
  const [shown, setShown] = useState<string | null>(null);
  const path = at('devices', device.device_id, 'token');
  const changed = () => void queries.invalidateQueries({ queryKey: detailKey(device.device_id) });
  const read = () =>
    call<{ token: string }>('GET', path).then(
      ({ token }) => {
        changed();
        return token;
      },
      (error) => {
        notices.failed(error);
        return null;
      },
    );
  const rotate = async () => {
    const { token } = await call<{ token: string }>('POST', path);
    setShown(token);
    changed();
    return t('devices.token_rotated');
  };
  const { token } = device;
  return (
    <section className={classes.block} aria-label={t('devices.token')}>
      <Text fw={600} size="sm">
        {t('devices.token')}
      </Text>
      <Text size="sm" className="quiet">
        {t('devices.token_hint')}
      </Text>
      <Code block className={classes.token}>
        {shown ?? (token ? MASK : t('devices.token_none'))}
      </Code>
      <Group gap="xs">
        <CopyButton size="xs" label={t('devices.token_copy')} text={read} />
        <Button
          size="xs"
          variant="default"
          aria-pressed={shown !== null}
          onClick={() => (shown === null ? void read().then(setShown) : setShown(null))}
        >
          {t(shown === null ? 'devices.show' : 'devices.hide_secret')}
        </Button>
        <ConfirmButton
          size="xs"
          label={t('devices.token_rotate')}
          destroys
          consequence={t('devices.token_rotate_what')}
          act={rotate}
        />
      </Group>
      {token && <Times token={token} />}
    </section>
  );
}

function Times({ token }: { token: NonNullable<DeviceDetail['token']> }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Facts>
      <Fact name={t('devices.token_made')}>{format.moment(token.created_at)}</Fact>
      <Fact name={t('devices.token_used')}>{format.moment(token.last_used_at)}</Fact>
      <Fact name={t('devices.token_seen')}>{format.moment(token.last_copied_at)}</Fact>
    </Facts>
  );
}
