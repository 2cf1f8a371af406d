import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceDetail } from '../../../src/model/own-device.ts';
import { at, call } from '../../api/client.ts';
import { FormDrawer } from '../../components/form-drawer.tsx';
import { useNotices } from '../../components/notices.tsx';
import { ConfigurationFields } from './configuration-fields.tsx';
import { FIELDS } from './fields.ts';
import {
  bodyOf,
  brokenJson,
  type FormValues,
  faultsOf,
  NO_FAULTS,
  patchOf,
  valuesOf,
} from './form-values.ts';
import { useDevicesChanged } from './use-devices.ts';

/** What the form is for. `configuration`: of a meter that was heard. */
export type FormTask =
  | { kind: 'make'; configuration: Record<string, unknown> | null }
  | { kind: 'edit'; device: DeviceDetail };

type DeviceFormProps = { task: FormTask | null; onClose(): void; onMade(deviceId: string): void };

/** Makes a device or changes one. */
export function DeviceForm({ task, onClose, onMade }: DeviceFormProps) {
  const { t } = useTranslation();
  const title =
    task?.kind === 'edit' ? t('devices.edit_title', { name: task.device.machine_name }) : t('devices.make');
  return (
    <FormDrawer title={title} opened={task !== null} onClose={onClose}>
      {task && <Filled task={task} onClose={onClose} onMade={onMade} />}
    </FormDrawer>
  );
}

const EDITED = FIELDS.filter(({ path }) => path !== 'device_id');

function Filled({ task, onClose, onMade }: Omit<DeviceFormProps, 'task'> & { task: FormTask }) {
  const { t } = useTranslation();
  const notices = useNotices();
  const changed = useDevicesChanged();
  const fields = task.kind === 'edit' ? EDITED : FIELDS;
  const [before] = useState(() =>
    valuesOf(
      fields,
      task.kind === 'edit' ? task.device.configuration : (task.configuration ?? { parser_type: 'auto' }),
    ),
  );
  const [values, setValues] = useState<FormValues>(before);
  const save = useMutation({
    mutationFn: () =>
      task.kind === 'edit'
        ? call<DeviceDetail>('PATCH', at('devices', task.device.device_id), patchOf(fields, before, values))
        : call<DeviceDetail>('POST', '/api/devices', bodyOf(fields, values)),
    onSuccess: async (device) => {
      notices.done(
        t(task.kind === 'edit' ? 'devices.saved_done' : 'devices.made_done', { name: device.machine_name }),
      );
      onClose();
      if (task.kind === 'make') onMade(device.device_id);
      await changed();
    },
  });
  const paths = fields.map(({ path }) => path);
  const faults = save.isError ? faultsOf(save.error, paths) : NO_FAULTS;
  return (
    <FormDrawer.Form
      error={save.error}
      rest={faults.rest}
      busy={save.isPending}
      isReady={brokenJson(fields, values).length === 0}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <ConfigurationFields
        fields={fields}
        values={values}
        faults={faults.byField}
        onChange={(path, value) => setValues((old) => ({ ...old, [path]: value }))}
      />
    </FormDrawer.Form>
  );
}
