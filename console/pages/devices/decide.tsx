import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { DeviceSummary } from '../../../src/model/own-device.ts';
import { at, call } from '../../api/client.ts';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { useNotices } from '../../components/notices.tsx';
import { useDevicesChanged } from './use-devices.ts';

type DecideProps = { device: Pick<DeviceSummary, 'device_id' | 'machine_name' | 'approval'> };

/** Lets a provisioned device in, or keeps it out. */
export function Decide({ device: { device_id: id, machine_name: name, approval } }: DecideProps) {
  const { t } = useTranslation();
  const notices = useNotices();
  const changed = useDevicesChanged();
  const approve = useMutation({
    mutationFn: () => call('POST', at('approvals', id, 'approve')),
    onSuccess: () => {
      notices.done(t('devices.approved_done', { name }));
      return changed();
    },
    onError: (error) => notices.failed(error),
  });
  const reject = async () => {
    await call('POST', at('approvals', id, 'reject'));
    void changed();
    return t('devices.rejected_done', { name });
  };
  return (
    <>
      <Button size="xs" loading={approve.isPending} onClick={() => approve.mutate()}>
        {t('devices.approve')}
      </Button>
      {approval === 'pending' && (
        <ConfirmButton
          size="xs"
          label={t('devices.reject')}
          consequence={t('devices.reject_what', { name })}
          act={reject}
        />
      )}
    </>
  );
}
