import { Fieldset } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { ConfigurationField } from './configuration-field.tsx';
import classes from './configuration-fields.module.css';
import type { Field, FieldGroup } from './fields.ts';
import { brokenJson, doubtsOf, type FormValues } from './form-values.ts';
import { SetupSteps } from './setup-steps.tsx';

type ConfigurationFieldsProps = {
  fields: readonly Field[];
  values: FormValues;
  faults: Readonly<Record<string, string>>;
  onChange(path: string, value: string | boolean): void;
};

const GROUPS: readonly FieldGroup[] = ['what', 'hearing', 'session'];

/** The fields of a device's configuration in groups; what is seldom needed is folded away. */
export function ConfigurationFields({ fields, values, faults, onChange }: ConfigurationFieldsProps) {
  const { t } = useTranslation();
  const doubts = new Map(
    doubtsOf(values).map(({ path, word, figures }) => [path, t(`devices.${word}`, figures)]),
  );
  const broken = new Set(brokenJson(fields, values));
  const shown = (group: FieldGroup) =>
    fields
      .filter((field) => field.group === group)
      .map((field) => (
        <ConfigurationField
          key={field.path}
          field={field}
          values={values}
          fault={broken.has(field.path) ? t('devices.json_broken') : faults[field.path]}
          doubt={doubts.get(field.path)}
          onChange={(value) => onChange(field.path, value)}
        />
      ));
  const isMoreFaulty = fields.some(({ group, path }) => group === 'more' && faults[path] !== undefined);
  return (
    <>
      {GROUPS.filter((group) => fields.some((field) => field.group === group)).map((group) => (
        <Fieldset
          key={group}
          legend={t(`devices.group_${group}`)}
          className={classes.group}
          data-group={group}
        >
          {shown(group)}
          {group === 'hearing' && <SetupSteps type={String(values.parser_type ?? '')} />}
        </Fieldset>
      ))}
      <details className={classes.more} open={isMoreFaulty || undefined}>
        <summary>{t('devices.group_more')}</summary>
        <div className={classes.inside}>{shown('more')}</div>
      </details>
    </>
  );
}
