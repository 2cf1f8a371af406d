import { Autocomplete, Button, Select, Textarea, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { PlacedFaults } from './faults.ts';
import { ACTION_KINDS, type ActionDraft, type ActionKind, METHODS } from './flow-draft.ts';
import classes from './flow-form.module.css';
import { PublishFields } from './publish-fields.tsx';
import { useSuggestions } from './use-flows.ts';

export type KindFieldsProps = {
  action: ActionDraft;
  /** Where faults of it lie, such as `do[0].publish`. */
  place: string;
  faults: PlacedFaults;
  onChange(change: Partial<ActionDraft>): void;
};

type ActionFieldsProps = KindFieldsProps & {
  number: number;
  /** null: it is the only one. */
  onRemove: (() => void) | null;
};

/** What its expression gives, by the API's name. */
const EXPRESSION: Record<ActionKind, string> = {
  publish: 'body',
  webhook: 'body',
  odoo_event: 'data',
  set_attribute: 'value',
};

/** One action: what is done, where, and the expression that says with what. */
export function ActionFields({ number, onRemove, ...props }: ActionFieldsProps) {
  const { t } = useTranslation();
  const { action, place, faults, onChange } = props;
  return (
    <div className={classes.action}>
      <div className={classes.head}>
        <Select
          className={classes.kind}
          label={t('flows.action', { number })}
          data={ACTION_KINDS.map((value) => ({ value, label: t(`flows.do_${value}`) }))}
          value={action.kind}
          onChange={(kind) => onChange({ kind: kind as ActionKind })}
          allowDeselect={false}
        />
        {onRemove && (
          <Button variant="default" aria-label={t('flows.remove_action', { number })} onClick={onRemove}>
            {t('list.delete')}
          </Button>
        )}
      </div>
      {action.kind === 'publish' && <PublishFields {...props} />}
      {action.kind === 'webhook' && <WebhookFields {...props} />}
      {action.kind === 'odoo_event' && (
        <NamedFields {...props} field="eventName" name="name" label={t('flows.event_name')} />
      )}
      {action.kind === 'set_attribute' && (
        <NamedFields {...props} field="attributeKey" name="key" label={t('flows.attribute_key')} />
      )}
      <Textarea
        label={t(`flows.expression_${action.kind}`)}
        description={t(`flows.expression_${action.kind}_hint`)}
        value={action.expression}
        error={faults.at(`${place}.${EXPRESSION[action.kind]}`)}
        onChange={(event) => onChange({ expression: event.currentTarget.value })}
        classNames={{ input: classes.code }}
        spellCheck={false}
        autosize
        minRows={2}
        required
      />
    </div>
  );
}

function WebhookFields({ action, place, faults, onChange }: KindFieldsProps) {
  const { t } = useTranslation();
  return (
    <>
      <TextInput
        type="url"
        label={t('flows.url')}
        placeholder="https://example.com/hook"
        value={action.url}
        error={faults.at(`${place}.url`)}
        onChange={(event) => onChange({ url: event.currentTarget.value })}
        required
      />
      <Select
        label={t('flows.method')}
        data={METHODS}
        value={action.method}
        error={faults.at(`${place}.method`)}
        onChange={(method) => onChange({ method: method as ActionDraft['method'] })}
        allowDeselect={false}
      />
      <Textarea
        label={t('flows.headers')}
        description={t('flows.headers_hint')}
        placeholder="Authorization: Bearer …"
        value={action.headers}
        error={faults.at(`${place}.headers`)}
        onChange={(event) => onChange({ headers: event.currentTarget.value })}
        classNames={{ input: classes.code }}
        spellCheck={false}
        autosize
        minRows={1}
      />
    </>
  );
}

type NamedFieldsProps = KindFieldsProps & {
  field: 'eventName' | 'attributeKey';
  name: string;
  label: string;
};

function NamedFields({ action, place, faults, onChange, field, name, label }: NamedFieldsProps) {
  const { t } = useTranslation();
  const { devices } = useSuggestions();
  return (
    <div className={classes.row}>
      <TextInput
        label={label}
        value={action[field]}
        error={faults.at(`${place}.${name}`)}
        onChange={(event) => onChange({ [field]: event.currentTarget.value })}
        required
      />
      <Autocomplete
        label={t('flows.device')}
        placeholder={t('flows.device_of_trigger')}
        data={devices}
        limit={20}
        value={action.deviceId}
        error={faults.at(`${place}.device_id`)}
        onChange={(deviceId) => onChange({ deviceId })}
      />
    </div>
  );
}
