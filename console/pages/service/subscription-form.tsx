import { Button, Drawer, Group, NativeSelect, Stack, Switch, Text, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Subscription } from '../../../src/model/subscription.ts';
import { at, call } from '../../api/client.ts';
import { filterFault } from '../messages/topics.ts';
import { useBrokerName, useBrokers } from './brokers.ts';
import { FormFault } from './form-fault.tsx';
import {
  draftOfSubscription,
  EMPTY_SUBSCRIPTION,
  type SubscriptionDraft,
  subscriptionOf,
} from './subscription-draft.ts';
import { saidAbout, useChange } from './use-service.ts';

type SubscriptionFormProps = {
  /** null: a new one. */
  subscription: Subscription | null;
  onClose(): void;
};
type FieldsProps = {
  draft: SubscriptionDraft;
  set(change: Partial<SubscriptionDraft>): void;
  fault(field: string): string | undefined;
};

/** Everything about a subscription. */
export function SubscriptionForm({ subscription, onClose }: SubscriptionFormProps) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(() =>
    subscription ? draftOfSubscription(subscription) : EMPTY_SUBSCRIPTION,
  );
  const [isTried, setTried] = useState(false);
  const topicFault = filterFault(draft.topic);
  const save = useChange(async () => {
    const body = subscriptionOf(draft);
    if (subscription) await call('PATCH', at('subscriptions', subscription.subscription_id), body);
    else await call('POST', at('subscriptions'), body);
    return t('service.subscription_saved', { topic: draft.topic });
  }, onClose);
  const part: FieldsProps = {
    draft,
    set(change) {
      save.reset();
      setDraft({ ...draft, ...change });
    },
    fault(field) {
      if (field === 'topic' && topicFault && (isTried || draft.topic !== ''))
        return t(`messages.${topicFault}`);
      return saidAbout(save.error, field);
    },
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (topicFault === null) save.mutate(undefined);
  };
  return (
    <Drawer
      opened
      onClose={onClose}
      closeButtonProps={{ 'aria-label': t('shell.close') }}
      position="right"
      size="lg"
      title={t(subscription ? 'service.edit_subscription' : 'service.add_subscription')}
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <SubscriptionFields {...part} />
          <SubscriptionOptions {...part} />
          <FormFault error={save.error} />
          <Group gap="xs">
            <Button type="submit" loading={save.isPending}>
              {t('list.save')}
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

function SubscriptionFields({ draft, set, fault }: FieldsProps) {
  const { t } = useTranslation();
  const { data: brokers = [] } = useBrokers();
  const nameOf = useBrokerName();
  return (
    <>
      <TextInput
        label={t('messages.topic_filter')}
        description={t('service.filter_hint')}
        placeholder="hall/+/temperature"
        required
        value={draft.topic}
        onChange={(event) => set({ topic: event.currentTarget.value })}
        error={fault('topic')}
        spellCheck={false}
        data-autofocus
      />
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
      <NativeSelect
        label="QoS"
        value={String(draft.qos)}
        onChange={(event) => set({ qos: Number(event.currentTarget.value) as SubscriptionDraft['qos'] })}
        error={fault('qos')}
        data={[0, 1, 2].map((qos) => ({ value: String(qos), label: `${qos} · ${t(`messages.qos_${qos}`)}` }))}
      />
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
        label={t('service.enabled_subscription')}
        checked={draft.enabled}
        onChange={(event) => set({ enabled: event.currentTarget.checked })}
      />
    </>
  );
}

function SubscriptionOptions({ draft, set, fault }: FieldsProps) {
  const { t } = useTranslation();
  return (
    <>
      <Text size="sm" fw={600} mt="xs">
        {t('service.options')}
      </Text>
      {(['no_local', 'retain_as_published'] as const).map((option) => (
        <Switch
          key={option}
          label={t(`service.${option}`)}
          description={t(`service.${option}_hint`)}
          checked={draft[option]}
          onChange={(event) => set({ [option]: event.currentTarget.checked })}
        />
      ))}
      <NativeSelect
        label={t('service.retain_handling')}
        value={String(draft.retain_handling)}
        onChange={(event) =>
          set({ retain_handling: Number(event.currentTarget.value) as SubscriptionDraft['retain_handling'] })
        }
        error={fault('retain_handling')}
        data={[0, 1, 2].map((one) => ({ value: String(one), label: t(`service.retain_handling_${one}`) }))}
      />
      <TextInput
        label={t('service.identifier')}
        description={t('service.identifier_hint')}
        inputMode="numeric"
        value={draft.identifier}
        onChange={(event) => set({ identifier: event.currentTarget.value.trim() })}
        error={fault('identifier')}
      />
    </>
  );
}
