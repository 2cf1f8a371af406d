import { NativeSelect, Switch, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Broker } from '../../../src/model/broker.ts';
import { call } from '../../api/client.ts';
import classes from './configuration-fields.module.css';
import { FAMILIES, familyOf, familyTitle, messageTimeoutS } from './families.ts';
import { type Field, nameOf } from './fields.ts';
import type { FormValues } from './form-values.ts';

type ConfigurationFieldProps = {
  field: Field;
  values: FormValues;
  fault: string | undefined;
  /** What is legal but probably not meant: said, and not in the way. */
  doubt: string | undefined;
  onChange(value: string | boolean): void;
};

/** One field: what it is, what happens, its unit, and what holds when it is left empty. */
export function ConfigurationField({ field, values, fault, doubt, onChange }: ConfigurationFieldProps) {
  const { t } = useTranslation();
  const name = nameOf(field.path);
  const value = values[field.path];
  const shared = {
    label: t(`devices.field_${name}`),
    description: <Hint hint={t(`devices.hint_${name}`)} doubt={doubt} />,
    error: fault,
  };
  const text = {
    ...shared,
    value: String(value ?? ''),
    onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value),
  };
  switch (field.kind) {
    case 'switch':
      return (
        <Switch
          {...shared}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case 'choice':
      return (
        <NativeSelect
          {...text}
          data={[
            { value: '', label: t('devices.standard', { value: t(`devices.choice_${field.choices?.[0]}`) }) },
            ...(field.choices ?? []).map((choice) => ({
              value: choice,
              label: t(`devices.choice_${choice}`),
            })),
          ]}
        />
      );
    case 'family':
      return <FamilyField {...text} />;
    case 'broker':
      return <BrokerField {...text} />;
    case 'json':
      return (
        <Textarea
          {...text}
          className={`${classes.whole} ${classes.json}`}
          autosize
          minRows={2}
          spellCheck={false}
        />
      );
    default:
      return <PlainField {...text} field={field} placeholder={placeholderOf(field, values, t)} />;
  }
}

function Hint({ hint, doubt }: { hint: string; doubt: string | undefined }) {
  return (
    <>
      {hint}
      {doubt && <span className={classes.doubt}> {doubt}</span>}
    </>
  );
}

/** What holds when the field is left empty. */
function placeholderOf({ path, standard }: Field, values: FormValues, t: TFunction): string {
  const type = String(values.parser_type ?? '');
  const timeoutS = messageTimeoutS(type);
  switch (path) {
    case 'mqtt_topic':
      return familyOf(type)?.topic ?? 'tele/lathe/SENSOR';
    case 'session_config.message_timeout_s':
    case 'offline_timeout_s':
      return timeoutS === null ? t('devices.never') : String(timeoutS);
    case 'device_id':
      return t('devices.made_by_bridge');
    case 'channel':
      return t('devices.channel_by_topic');
    default:
      return standard ?? '';
  }
}

type TextFieldProps = {
  label: string;
  description: ReactNode;
  error: string | undefined;
  value: string;
  onChange(event: { currentTarget: { value: string } }): void;
};

function FamilyField(props: TextFieldProps) {
  const { t } = useTranslation();
  const { value } = props;
  const known = ['', 'auto', ...FAMILIES.map(({ type }) => type)];
  return (
    <NativeSelect
      {...props}
      data={[
        { value: '', label: t('devices.standard', { value: familyTitle('generic') }) },
        { value: 'auto', label: t('devices.family_auto') },
        ...FAMILIES.map(({ type, title }) => ({ value: type, label: title })),
        ...(known.includes(value) ? [] : [{ value, label: value }]),
      ]}
    />
  );
}

function BrokerField(props: TextFieldProps) {
  const { t } = useTranslation();
  const brokers = useQuery({
    queryKey: ['brokers'],
    queryFn: ({ signal }) => call<{ brokers: Broker[] }>('GET', '/api/brokers', undefined, signal),
  });
  const ids = (brokers.data?.brokers ?? []).map(({ broker_id: id, name }) => ({ value: id, label: name }));
  const { value } = props;
  return (
    <NativeSelect
      {...props}
      data={[
        { value: '', label: t('devices.broker_main') },
        ...ids,
        ...(value === '' || ids.some((one) => one.value === value) ? [] : [{ value, label: value }]),
      ]}
    />
  );
}

function PlainField({ field, ...props }: TextFieldProps & { field: Field; placeholder: string }) {
  return (
    <TextInput
      {...props}
      autoComplete="off"
      spellCheck={false}
      {...(field.kind === 'number' && { inputMode: 'decimal' as const })}
      {...(field.unit && { rightSection: field.unit, rightSectionPointerEvents: 'none' as const })}
      {...(field.path === 'machine_name' && { required: true, maxLength: 256, 'data-autofocus': true })}
    />
  );
}
