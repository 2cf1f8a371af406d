import { Autocomplete, Checkbox, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { KindFieldsProps } from './action-fields.tsx';
import type { ActionDraft } from './flow-draft.ts';
import classes from './flow-form.module.css';
import { useSuggestions } from './use-flows.ts';

const TOPIC_BY = ['name', 'expression'] as const;
const QOS = ['0', '1', '2'];

/** Where a message goes, and how. */
export function PublishFields({ action, place, faults, onChange }: KindFieldsProps) {
  const { t } = useTranslation();
  const { brokers } = useSuggestions();
  const isName = action.topicBy === 'name';
  return (
    <>
      <SegmentedControl
        size="xs"
        aria-label={t('flows.topic_by')}
        value={action.topicBy}
        onChange={(value) => onChange({ topicBy: value as ActionDraft['topicBy'] })}
        data={TOPIC_BY.map((value) => ({ value, label: t(`flows.topic_by_${value}`) }))}
      />
      <TextInput
        label={t(isName ? 'flows.topic' : 'flows.topic_expression')}
        placeholder={isName ? 'hall/lamp/set' : '"hall/" & levels[1] & "/set"'}
        value={isName ? action.topic : action.topicExpression}
        error={faults.at(`${place}.${isName ? 'topic' : 'topic_expression'}`)}
        onChange={(event) => onChange({ [isName ? 'topic' : 'topicExpression']: event.currentTarget.value })}
        spellCheck={false}
        required
      />
      <div className={classes.row}>
        <Autocomplete
          label={t('flows.broker')}
          placeholder={t('flows.main_broker')}
          data={brokers}
          value={action.brokerId}
          error={faults.at(`${place}.broker_id`)}
          onChange={(brokerId) => onChange({ brokerId })}
        />
        <Select
          label={t('flows.qos')}
          data={QOS}
          value={String(action.qos)}
          error={faults.at(`${place}.qos`)}
          onChange={(qos) => onChange({ qos: Number(qos) as ActionDraft['qos'] })}
          allowDeselect={false}
        />
        <Checkbox
          label={t('flows.retain')}
          mb="xs"
          checked={action.retain}
          onChange={(event) => onChange({ retain: event.currentTarget.checked })}
        />
      </div>
    </>
  );
}
