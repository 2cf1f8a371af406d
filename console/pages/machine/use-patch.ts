import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { DeviceDetail } from '../../../src/model/own-device.ts';
import { at, call } from '../../api/client.ts';
import { useNotices } from '../../components/notices.tsx';
import { deviceKey } from './use-device.ts';

/** Changes the device; what it is then is known everywhere on the page. */
export function usePatch(deviceId: string, done: string) {
  const queries = useQueryClient();
  const notices = useNotices();
  return useMutation({
    mutationFn: (patch: Record<string, unknown>) =>
      call<DeviceDetail>('PATCH', at('devices', deviceId), patch),
    onSuccess: (device) => {
      queries.setQueryData(deviceKey(deviceId), device);
      void queries.invalidateQueries({ queryKey: ['devices'] });
      notices.done(done);
    },
    onError: (error) => notices.failed(error),
  });
}
