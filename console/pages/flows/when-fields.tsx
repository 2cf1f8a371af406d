import { Autocomplete, MultiSelect, SegmentedControl, Text, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { PlacedFaults } from './faults.ts';
import { EVENT_TYPES, type FlowDraft, WHEN_KINDS, type WhenKind } from './flow-draft.ts';
import classes from './flow-form.module.css';
import { useSuggestions } from './use-flows.ts';

type WhenFieldsProps = {
  draft: FlowDraft;
  faults: PlacedFaults;
  onChange(change: Partial<FlowDraft>): void;
};

/** What sets the flow off. */
export function WhenFields({ draft, faults, onChange }: WhenFieldsProps) {
  const { t } = useTranslation();
  const { devices, brokers } = useSuggestions();
  const isTopic = draft.whenKind === 'topic';
  return (
    <fieldset className={classes.group}>
      <legend className={classes.legend}>{t('flows.when')}</legend>
      <SegmentedControl
        aria-label={t('flows.when')}
        value={draft.whenKind}
        onChange={(value) => onChange({ whenKind: value as WhenKind })}
        data={WHEN_KINDS.map((value) => ({ value, label: t(`flows.when_${value}`) }))}
        fullWidth
      />
      <Text size="sm" className="quiet">
        {t(`flows.when_${draft.whenKind}_hint`)}
      </Text>
      <WhatField draft={draft} faults={faults} onChange={onChange} />
      <Autocomplete
        label={t(isTopic ? 'flows.broker' : 'flows.device')}
        placeholder={t(isTopic ? 'flows.any_broker' : 'flows.any_device')}
        data={isTopic ? brokers : devices}
        limit={20}
        value={isTopic ? draft.brokerId : draft.deviceId}
        error={faults.at(isTopic ? 'when.broker_id' : 'when.device_id')}
        onChange={(value) => onChange(isTopic ? { brokerId: value } : { deviceId: value })}
      />
    </fieldset>
  );
}

function WhatField({ draft, faults, onChange }: WhenFieldsProps) {
  const { t } = useTranslation();
  if (draft.whenKind === 'event') {
    return (
      <MultiSelect
        label={t('flows.events')}
        data={EVENT_TYPES.map((value) => ({ value, label: t(`flows.event_${value}`) }))}
        value={[...draft.events]}
        error={faults.at('when.event')}
        onChange={(events) => onChange({ events })}
        required
      />
    );
  }
  const field = draft.whenKind;
  return (
    <TextInput
      label={t(field === 'topic' ? 'flows.topic_filter' : 'flows.attribute_key')}
      placeholder={field === 'topic' ? 'hall/+/coolant' : 'firmware'}
      value={draft[field]}
      error={faults.at(`when.${field}`)}
      onChange={(event) => onChange({ [field]: event.currentTarget.value })}
      required
    />
  );
}
