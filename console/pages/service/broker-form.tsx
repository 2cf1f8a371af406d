import { Button, Drawer, Group, Stack, Switch, Text, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Broker } from '../../../src/model/broker.ts';
import { at, call } from '../../api/client.ts';
import { useNotices } from '../../components/notices.tsx';
import { type BrokerDraft, draftOfBroker, EMPTY_BROKER, newBrokerOf, patchOf } from './broker-draft.ts';
import { BrokerAddressFields, BrokerSessionFields, BrokerTlsFields } from './broker-fields.tsx';
import { BrokerTest, type TestAnswer } from './broker-test.tsx';
import { FormFault, isRefused } from './form-fault.tsx';
import { saidAbout, useChange } from './use-service.ts';

type BrokerFormProps = {
  /** null: a new one. */
  broker: Broker | null;
  onClose(): void;
};
export type BrokerFieldsProps = {
  broker: Broker | null;
  draft: BrokerDraft;
  set(change: Partial<BrokerDraft>): void;
  /** What is wrong with a field of the API. */
  fault(field: string): string | undefined;
};

/** Saves a draft, and tries it before. */
function useBrokerForm({ broker, onClose }: BrokerFormProps) {
  const { t } = useTranslation();
  const notices = useNotices();
  const [before] = useState(() => (broker ? draftOfBroker(broker) : EMPTY_BROKER));
  const [draft, setDraft] = useState(before);
  const [isTried, setTried] = useState(false);
  const save = useChange(async () => {
    const kept = broker
      ? await call<Broker>('PATCH', at('brokers', broker.broker_id), patchOf(draft, before))
      : await call<Broker>('POST', at('brokers'), newBrokerOf(draft));
    return t('service.broker_saved', { name: kept.name });
  }, onClose);
  const test = useMutation({
    mutationFn: () => {
      const body = broker ? { broker_id: broker.broker_id, ...patchOf(draft, before) } : newBrokerOf(draft);
      return call<TestAnswer>('POST', at('brokers', 'test'), body);
    },
    onError: (error) => isRefused(error) || notices.failed(error),
  });
  const set: BrokerFieldsProps['set'] = (change) => {
    save.reset();
    test.reset();
    setDraft({ ...draft, ...change });
  };
  const fault: BrokerFieldsProps['fault'] = (field) => {
    if (isTried && (field === 'name' || field === 'url') && draft[field].trim() === '') {
      return t('service.needed');
    }
    return saidAbout(save.error, field) ?? saidAbout(test.error, field);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (draft.name.trim() !== '' && draft.url.trim() !== '') save.mutate(undefined);
  };
  return { draft, set, fault, save, test, submit };
}

/** Everything about a broker of one's own. */
export function BrokerForm({ broker, onClose }: BrokerFormProps) {
  const { t } = useTranslation();
  const { draft, set, fault, save, test, submit } = useBrokerForm({ broker, onClose });
  const part = { broker, draft, set, fault };
  return (
    <Drawer
      opened
      onClose={onClose}
      closeButtonProps={{ 'aria-label': t('shell.close') }}
      position="right"
      size="lg"
      title={broker ? t('service.edit_broker', { name: broker.name }) : t('service.add_broker')}
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <BrokerAddressFields {...part} />
          <BrokerTlsFields {...part} />
          <BrokerSessionFields {...part} />
          <Textarea
            label={t('service.note')}
            value={draft.note}
            maxLength={4000}
            autosize
            minRows={2}
            onChange={(event) => set({ note: event.currentTarget.value })}
            error={fault('note')}
          />
          <Switch
            label={t('service.enabled')}
            description={t('service.enabled_hint')}
            checked={draft.enabled}
            onChange={(event) => set({ enabled: event.currentTarget.checked })}
          />
          {broker && broker.devices > 0 && (
            <Text size="sm">{t('service.broker_reconnects', { n: broker.devices })}</Text>
          )}
          <FormFault error={save.error ?? test.error} />
          {test.data && <BrokerTest answer={test.data} />}
          <Group gap="xs">
            <Button type="submit" loading={save.isPending}>
              {t('list.save')}
            </Button>
            <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>
              {t('service.test')}
            </Button>
            <Button variant="default" onClick={onClose}>
              {t('list.cancel')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Drawer>
  );
}
