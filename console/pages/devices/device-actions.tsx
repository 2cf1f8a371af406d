import { Button, Group } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { DeviceDetail } from '../../../src/model/own-device.ts';
import { at, call } from '../../api/client.ts';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { useNotices } from '../../components/notices.tsx';
import { Decide } from './decide.tsx';
import type { FormTask } from './device-form.tsx';
import { useDevicesChanged } from './use-devices.ts';

type DeviceActionsProps = { device: DeviceDetail; onGone(): void; onForm(task: FormTask): void };

/** Approve, edit, switch on and off, remove. */
export function DeviceActions({ device, onGone, onForm }: DeviceActionsProps) {
  const { t } = useTranslation();
  const notices = useNotices();
  const changed = useDevicesChanged();
  const { device_id: id, machine_name: name } = device;
  const path = at('devices', id);
  const enable = useMutation({
    mutationFn: () => call('PATCH', path, { enabled: true }),
    onSuccess: () => {
      notices.done(t('devices.enabled_done', { name }));
      return changed();
    },
    onError: (error) => notices.failed(error),
  });
  const disable = async () => {
    await call('PATCH', path, { enabled: false });
    await changed();
    return t('devices.disabled_done', { name });
  };
  const remove = async () => {
    await call('DELETE', path);
    onGone();
    void changed();
    return t('devices.removed_done', { name });
  };
  return (
    <Group gap="xs">
      {device.approval !== 'approved' && <Decide device={device} />}
      <Button size="xs" onClick={() => onForm({ kind: 'edit', device })}>
        {t('list.edit')}
      </Button>
      {device.enabled ? (
        <ConfirmButton
          size="xs"
          label={t('devices.disable')}
          consequence={t('devices.disable_what', { name })}
          act={disable}
        />
      ) : (
        <Button size="xs" variant="default" loading={enable.isPending} onClick={() => enable.mutate()}>
          {t('devices.enable')}
        </Button>
      )}
      <ConfirmButton
        size="xs"
        label={t('devices.remove')}
        destroys
        consequence={t('devices.remove_what', { name })}
        act={remove}
      />
    </Group>
  );
}
