import {
  Autocomplete,
  Button,
  Group,
  NativeSelect,
  SegmentedControl,
  Stack,
  Switch,
  Text,
  TextInput,
} from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiFault } from '../../api/client.ts';
import { useBrokerName, useBrokers, useSubscriptions } from '../service/brokers.ts';
import { FormFault } from '../service/form-fault.tsx';
import { ComposePayload } from './compose-payload.tsx';
import { ComposeProperties } from './compose-properties.tsx';
import { type Draft, draftFaults, draftOfSaved } from './draft.ts';
import { useSave, useSend } from './sending.ts';
import { isWildcard } from './topics.ts';

export type ComposeProps = {
  draft: Draft;
  onChange(draft: Draft): void;
  onClear(): void;
  /** Topics that are known. */
  topics: readonly string[];
};
/** A part of the form. `fault`: the sentence for a field, if any. */
export type PartProps = Pick<ComposeProps, 'draft'> & {
  set(change: Partial<Draft>): void;
  fault(field: string): string | undefined;
};

/** What the bridge said about a field, by its first name: `user_properties.a` is about `user_properties`. */
const said = (error: unknown, field: string): string | undefined =>
  error instanceof ApiFault
    ? error.errors.find(({ path }) => path.split('.')[0] === field)?.message
    : undefined;

/** A message to be written, sent and kept. */
export function ComposeForm({ draft, onChange, onClear, topics }: ComposeProps) {
  const { t } = useTranslation();
  const [isTried, setTried] = useState(false);
  const { data: subscriptions = [] } = useSubscriptions();
  const send = useSend();
  const save = useSave((saved) => onChange(draftOfSaved(saved)));
  const faults = draftFaults(draft, subscriptions);
  const fault: PartProps['fault'] = (field) => {
    const code = faults[field as keyof typeof faults];
    // What is not begun yet is wrong only when it is to be sent.
    if (code && (isTried || code !== 'topic_empty')) return t(`messages.${code}`);
    return said(send.error, field) ?? said(save.error, field);
  };
  const set: PartProps['set'] = (change) => {
    send.reset();
    save.reset();
    onChange({ ...draft, ...change });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(faults).length === 0) send.mutate(draft);
  };
  const part = { draft, set, fault };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        {draft.isCut && <Text size="sm">{t('messages.draft_cut')}</Text>}
        <ComposeAddress {...part} topics={topics} />
        <ComposePayload {...part} />
        <ComposeDelivery {...part} />
        <ComposeProperties {...part} />
        <FormFault error={send.error ?? save.error} />
        <Group gap="xs">
          <Button type="submit" loading={send.isPending}>
            {t('messages.send')}
          </Button>
          <Button variant="default" onClick={onClear}>
            {t('messages.clear')}
          </Button>
        </Group>
        <Text size="sm" role="status" mih="1.25rem">
          {send.data}
        </Text>
        <ComposeSaving
          {...part}
          isSaving={save.isPending}
          onSave={(isNew) => save.mutate({ draft, isNew })}
        />
      </Stack>
    </form>
  );
}

function ComposeAddress({ draft, set, fault, topics }: PartProps & Pick<ComposeProps, 'topics'>) {
  const { t } = useTranslation();
  return (
    <>
      <SegmentedControl
        aria-label={t('messages.send_to')}
        value={draft.target}
        onChange={(target) => set({ target: target as Draft['target'] })}
        data={(['topic', 'subscription'] as const).map((value) => ({
          value,
          label: t(`messages.to_${value}`),
        }))}
      />
      {draft.target === 'topic' ? (
        <BrokerChoice draft={draft} set={set} fault={fault} />
      ) : (
        <SubscriptionChoice draft={draft} set={set} fault={fault} />
      )}
      <Autocomplete
        label="Topic"
        description={t(
          draft.target === 'topic' ? 'messages.topic_hint' : 'messages.topic_of_subscription_hint',
        )}
        placeholder="hall/light/set"
        data={[...topics]}
        limit={20}
        value={draft.topic}
        onChange={(topic) => set({ topic })}
        error={fault('topic')}
        spellCheck={false}
      />
    </>
  );
}

function BrokerChoice({ draft, set, fault }: PartProps) {
  const { t } = useTranslation();
  const { data: brokers = [] } = useBrokers();
  const nameOf = useBrokerName();
  return (
    <NativeSelect
      label="Broker"
      value={draft.brokerId}
      onChange={(event) => set({ brokerId: event.currentTarget.value })}
      error={fault('broker_id')}
      data={[
        { value: '', label: t('messages.default_broker') },
        ...brokers.map(({ broker_id }) => ({ value: broker_id, label: nameOf(broker_id) })),
      ]}
    />
  );
}

function SubscriptionChoice({ draft, set, fault }: PartProps) {
  const { t } = useTranslation();
  const { data: subscriptions = [] } = useSubscriptions();
  const nameOf = useBrokerName();
  const choose = (subscriptionId: string) => {
    const chosen = subscriptions.find((one) => one.subscription_id === subscriptionId);
    set({ subscriptionId, topic: chosen && !isWildcard(chosen.topic) ? '' : draft.topic });
  };
  return (
    <NativeSelect
      label="Subscription"
      description={subscriptions.length === 0 ? t('messages.no_subscriptions') : undefined}
      value={draft.subscriptionId}
      onChange={(event) => choose(event.currentTarget.value)}
      error={fault('subscription_id')}
      data={[
        { value: '', label: t('messages.choose') },
        ...subscriptions.map(({ subscription_id, topic, broker_id }) => ({
          value: subscription_id,
          label: `${topic} · ${nameOf(broker_id)}`,
        })),
      ]}
    />
  );
}

function ComposeDelivery({ draft, set }: PartProps) {
  const { t } = useTranslation();
  return (
    <Group justify="space-between" align="end" gap="sm">
      <NativeSelect
        label="QoS"
        value={String(draft.qos)}
        onChange={(event) => set({ qos: Number(event.currentTarget.value) as Draft['qos'] })}
        data={[0, 1, 2].map((qos) => ({ value: String(qos), label: `${qos} · ${t(`messages.qos_${qos}`)}` }))}
      />
      <Switch
        label="Retain"
        description={t('messages.retain_hint')}
        checked={draft.retain}
        onChange={(event) => set({ retain: event.currentTarget.checked })}
      />
    </Group>
  );
}

type SavingProps = PartProps & { isSaving: boolean; onSave(isNew: boolean): void };

function ComposeSaving({ draft, set, fault, isSaving, onSave }: SavingProps) {
  const { t } = useTranslation();
  const isNamed = draft.name.trim() !== '';
  return (
    <>
      <TextInput
        label={t('messages.save_under')}
        description={t('messages.save_hint')}
        value={draft.name}
        maxLength={128}
        onChange={(event) => set({ name: event.currentTarget.value })}
        error={fault('name')}
      />
      <Group gap="xs">
        <Button variant="default" disabled={!isNamed} loading={isSaving} onClick={() => onSave(false)}>
          {t('list.save')}
        </Button>
        {draft.savedId !== null && (
          <Button variant="default" disabled={!isNamed} onClick={() => onSave(true)}>
            {t('messages.save_new')}
          </Button>
        )}
      </Group>
    </>
  );
}
