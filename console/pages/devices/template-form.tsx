import { Fieldset, NativeSelect, Switch, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { at, call } from '../../api/client.ts';
import { FormDrawer } from '../../components/form-drawer.tsx';
import { useNotices } from '../../components/notices.tsx';
import groups from './configuration-fields.module.css';
import { ConfigurationFields } from './configuration-fields.tsx';
import { TEMPLATE_FIELDS } from './fields.ts';
import { bodyOf, brokenJson, type FormValues, faultsOf, NO_FAULTS, valuesOf } from './form-values.ts';
import type { TemplateView, TemplateWithSecret } from './use-templates.ts';

export type TemplateTask = { kind: 'make' } | { kind: 'edit'; template: TemplateView };
type TemplateFormProps = {
  task: TemplateTask | null;
  onClose(): void;
  onMade(template: TemplateWithSecret): void;
};

const TOPIC_STANDARD = 'messages/{device_id}/telemetry';
const POLICIES = ['refuse', 'new_token', 'same_token'] as const;
const OWN_PATHS = ['name', 'allowed_keys', 'key_policy', 'approval_required'];

export function TemplateForm({ task, onClose, onMade }: TemplateFormProps) {
  const { t } = useTranslation();
  const title =
    task?.kind === 'edit'
      ? t('devices.edit_title', { name: task.template.name })
      : t('devices.template_make');
  return (
    <FormDrawer title={title} opened={task !== null} onClose={onClose}>
      {task && <Filled task={task} onClose={onClose} onMade={onMade} />}
    </FormDrawer>
  );
}

/** What a template says besides the defaults of its devices. */
type Own = { name: string; enabled: boolean; approval: boolean; policy: string; keys: string };

const ownOf = (task: TemplateTask): Own =>
  task.kind === 'edit'
    ? {
        name: task.template.name,
        enabled: task.template.enabled,
        approval: task.template.approval_required,
        policy: task.template.key_policy,
        keys: (task.template.allowed_keys ?? []).join('\n'),
      }
    : { name: '', enabled: true, approval: false, policy: 'refuse', keys: '' };

function inputOf(own: Own, values: FormValues): Record<string, unknown> {
  const keys = own.keys.split(/[\s,;]+/).filter((key) => key !== '');
  return {
    name: own.name.trim(),
    enabled: own.enabled,
    approval_required: own.approval,
    key_policy: own.policy,
    allowed_keys: keys.length === 0 ? null : keys,
    defaults: bodyOf(TEMPLATE_FIELDS, values),
  };
}

function Filled({ task, onClose, onMade }: Omit<TemplateFormProps, 'task'> & { task: TemplateTask }) {
  const { t } = useTranslation();
  const notices = useNotices();
  const queries = useQueryClient();
  const [own, setOwn] = useState(() => ownOf(task));
  const [values, setValues] = useState<FormValues>(() =>
    valuesOf(
      TEMPLATE_FIELDS,
      task.kind === 'edit' ? task.template.defaults : { mqtt_topic: TOPIC_STANDARD, parser_type: 'auto' },
    ),
  );
  const save = useMutation({
    mutationFn: async () => {
      const input = inputOf(own, values);
      if (task.kind === 'make') return call<TemplateWithSecret>('POST', '/api/templates', input);
      await call('PUT', at('templates', task.template.template_id), input);
      return null;
    },
    onSuccess: (made) => {
      notices.done(t(made ? 'devices.template_made' : 'devices.saved_done', { name: own.name }));
      onClose();
      if (made) onMade(made);
      return queries.invalidateQueries({ queryKey: ['templates'] });
    },
  });
  const paths = TEMPLATE_FIELDS.map(({ path }) => path);
  const faults = save.isError ? faultsOf(save.error, [...OWN_PATHS, ...paths], 'defaults.') : NO_FAULTS;
  return (
    <FormDrawer.Form
      error={save.error}
      rest={faults.rest}
      busy={save.isPending}
      isReady={brokenJson(TEMPLATE_FIELDS, values).length === 0}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <OwnFields own={own} faults={faults.byField} onChange={setOwn} />
      <ConfigurationFields
        fields={TEMPLATE_FIELDS}
        values={values}
        faults={faults.byField}
        onChange={(path, value) => setValues((old) => ({ ...old, [path]: value }))}
      />
    </FormDrawer.Form>
  );
}

type OwnFieldsProps = { own: Own; faults: Readonly<Record<string, string>>; onChange(own: Own): void };

function OwnFields({ own, faults, onChange }: OwnFieldsProps) {
  const { t } = useTranslation();
  return (
    <Fieldset legend={t('devices.template')} className={groups.group}>
      <TextInput
        label={t('devices.template_name')}
        description={t('devices.template_name_hint')}
        value={own.name}
        error={faults.name}
        onChange={(event) => onChange({ ...own, name: event.currentTarget.value })}
        required
        maxLength={128}
        data-autofocus
      />
      <Switch
        label={t('devices.template_accepts')}
        description={t('devices.template_accepts_hint')}
        checked={own.enabled}
        onChange={(event) => onChange({ ...own, enabled: event.currentTarget.checked })}
      />
      <Switch
        label={t('devices.approval_asked')}
        description={t('devices.approval_hint')}
        checked={own.approval}
        onChange={(event) => onChange({ ...own, approval: event.currentTarget.checked })}
      />
      <NativeSelect
        label={t('devices.key_policy')}
        description={t('devices.key_policy_hint')}
        value={own.policy}
        error={faults.key_policy}
        onChange={(event) => onChange({ ...own, policy: event.currentTarget.value })}
        data={POLICIES.map((value) => ({ value, label: t(`devices.policy_${value}`) }))}
      />
      <Textarea
        label={t('devices.allowed_keys')}
        description={t('devices.allowed_keys_hint')}
        placeholder={t('devices.keys_any')}
        value={own.keys}
        error={faults.allowed_keys}
        onChange={(event) => onChange({ ...own, keys: event.currentTarget.value })}
        autosize
        minRows={2}
        maxRows={8}
        spellCheck={false}
      />
    </Fieldset>
  );
}
