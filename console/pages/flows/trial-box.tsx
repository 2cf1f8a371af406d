import { Button, Text, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { EventRecord } from '../../../src/api/schemas.ts';
import type { FlowTrial } from '../../../src/model/flow.ts';
import type { LiveMessage } from '../../../src/model/live.ts';
import { ApiFault, call, query } from '../../api/client.ts';
import { useNotices } from '../../components/notices.tsx';
import { bodyOf, type FlowDraft } from './flow-draft.ts';
import classes from './flow-form.module.css';
import { EMPTY_SAMPLE, type SampleDraft, sampleOf } from './sample.ts';
import { TrialResult } from './trial-result.tsx';

const EVENTS_LOOKED_AT = 500;

/** The newest thing of the history that would set the flow off, as a sample; null: there is none. */
async function lastOf({
  whenKind,
  topic,
  brokerId,
  events,
  deviceId,
}: FlowDraft): Promise<Partial<SampleDraft> | null> {
  if (whenKind === 'topic') {
    const search = query({ topic, broker_id: brokerId, direction: 'in', limit: 1 });
    const { messages } = await call<{ messages: LiveMessage[] }>('GET', `/api/messages${search}`);
    const [last] = messages;
    return last ? { topic: last.topic, payload: last.payload, deviceId: last.device_id ?? '' } : null;
  }
  const search = query({ device_id: deviceId, limit: EVENTS_LOOKED_AT });
  const answer = await call<{ events: EventRecord[] }>('GET', `/api/events${search}`);
  const last = answer.events.find(({ event_type }) => events.length === 0 || events.includes(event_type));
  return last ? { event: JSON.stringify(last.body, null, 2) } : null;
}

type TrialBoxProps = {
  draft: FlowDraft;
  onTry(): void;
  /** What was wrong with the flow; null: nothing. */
  onFault(fault: ApiFault | null): void;
};

/** Tries the flow as it stands with a sample; nothing is carried out. */
export function TrialBox({ draft, onTry, onFault }: TrialBoxProps) {
  const { t } = useTranslation();
  const notices = useNotices();
  const [sample, setSample] = useState(EMPTY_SAMPLE);
  const set = (change: Partial<SampleDraft>) => setSample({ ...sample, ...change });
  const take = useMutation({
    mutationFn: () => lastOf(draft),
    onSuccess: (last) => (last ? set(last) : notices.done(t('flows.no_last'))),
    onError: (error) => notices.failed(error),
  });
  const trial = useMutation({
    mutationFn: () =>
      call<FlowTrial>('POST', '/api/flows/test', { flow: bodyOf(draft), sample: sampleOf(draft, sample) }),
    onMutate: onTry,
    onSuccess: () => onFault(null),
    onError: (error) => onFault(error instanceof ApiFault ? error : null),
  });
  return (
    <fieldset className={classes.group}>
      <legend className={classes.legend}>{t('flows.try')}</legend>
      <Text size="sm" className="quiet">
        {t('flows.try_hint')}
      </Text>
      {draft.whenKind !== 'attribute' && (
        <Button variant="default" loading={take.isPending} onClick={() => take.mutate()}>
          {t(`flows.take_last_${draft.whenKind}`)}
        </Button>
      )}
      <SampleFields draft={draft} sample={sample} onChange={set} />
      <Button variant="light" loading={trial.isPending} onClick={() => trial.mutate()}>
        {t('flows.try')}
      </Button>
      <div role="status">{trial.data && <TrialResult trial={trial.data} />}</div>
    </fieldset>
  );
}

type SampleFieldsProps = {
  draft: FlowDraft;
  sample: SampleDraft;
  onChange(change: Partial<SampleDraft>): void;
};

function SampleFields({ draft: { whenKind }, sample, onChange }: SampleFieldsProps) {
  const { t } = useTranslation();
  const text = (field: keyof SampleDraft, label: string) => (
    <TextInput
      label={label}
      value={sample[field]}
      onChange={(event) => onChange({ [field]: event.currentTarget.value })}
      spellCheck={false}
    />
  );
  const area = (field: keyof SampleDraft, label: string) => (
    <Textarea
      label={label}
      value={sample[field]}
      onChange={(event) => onChange({ [field]: event.currentTarget.value })}
      classNames={{ input: classes.code }}
      spellCheck={false}
      autosize
      minRows={2}
      maxRows={12}
    />
  );
  if (whenKind === 'event') return area('event', t('flows.sample_event'));
  if (whenKind === 'topic') {
    return (
      <>
        {text('topic', t('flows.topic'))}
        {area('payload', t('flows.payload'))}
      </>
    );
  }
  return (
    <>
      <div className={classes.row}>
        {text('deviceId', t('flows.device'))}
        {text('key', t('flows.attribute_key'))}
      </div>
      <div className={classes.row}>
        {text('value', t('flows.value'))}
        {text('previous', t('flows.previous'))}
      </div>
    </>
  );
}
