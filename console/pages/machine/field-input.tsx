import { Button, NativeSelect, Switch, Text, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { DeviceDetail } from '../../../src/model/own-device.ts';
import { call } from '../../api/client.ts';
import type { Doubt } from './doubts.ts';
import { type Field, fieldText, wordOf } from './fields.ts';
import classes from './machine.module.css';

type FieldInputProps = {
  field: Field;
  text: string;
  error: string | undefined;
  doubts: readonly Doubt[];
  override: DeviceDetail['overrides'][number] | undefined;
  onText(text: string): void;
  onTakeBack(): void;
};

/** One field: what it is, what it does, what is doubtful, and whether it was changed here. */
export function FieldInput(props: FieldInputProps) {
  const { t } = useTranslation();
  const { field, doubts, override, onTakeBack } = props;
  const configured = override && (fieldText(override.configured, field.kind) || t('machine.nothing'));
  return (
    <div className={classes.field}>
      <Input {...props} />
      {doubts.map(({ word, figures }) => (
        <p key={word} className={classes.doubt}>
          {t(`machine.${word}`, figures)}
        </p>
      ))}
      {override && (
        <div className={classes.override}>
          <Text size="xs">{t('machine.changed_here', { configured })}</Text>
          <Button
            size="compact-xs"
            variant="default"
            onClick={onTakeBack}
            aria-label={t('machine.take_back_field', {
              field: t(`machine.fields.${wordOf(field.path)}.label`),
            })}
          >
            {t('machine.take_back')}
          </Button>
        </div>
      )}
    </div>
  );
}

function Input({ field, text, error, onText }: FieldInputProps) {
  const { t } = useTranslation();
  const word = wordOf(field.path);
  const shared = {
    label: t(`machine.fields.${word}.label`),
    description: t(`machine.fields.${word}.hint`),
    error,
    onChange: (event: { currentTarget: { value: string } }) => onText(event.currentTarget.value),
  };
  const placeholder = field.standard ?? t('machine.by_family');
  switch (field.kind) {
    case 'switch':
      return (
        <Switch
          {...shared}
          checked={text === 'true'}
          onChange={(event) => onText(String(event.currentTarget.checked))}
        />
      );
    case 'choice':
      return <Choice {...shared} word={word} text={text} choices={field.choices ?? []} />;
    case 'broker':
      return <Broker {...shared} text={text} />;
    case 'json':
      return (
        <Textarea
          {...shared}
          value={text}
          autosize
          minRows={2}
          maxRows={14}
          placeholder={t('machine.none')}
        />
      );
    case 'number':
      return (
        <TextInput
          {...shared}
          value={text}
          inputMode="decimal"
          placeholder={word === 'rated_power_w' ? t('machine.unknown') : placeholder}
          rightSection={<span className="quiet">{field.unit}</span>}
        />
      );
    default:
      return <TextInput {...shared} value={text} placeholder={field.kind === 'channel' ? placeholder : ''} />;
  }
}

type ChoiceProps = {
  label: string;
  description: string;
  error: string | undefined;
  text: string;
  onChange(event: { currentTarget: { value: string } }): void;
};

function Choice({
  word,
  text,
  choices,
  ...shared
}: ChoiceProps & { word: string; choices: readonly string[] }) {
  const { t } = useTranslation();
  // The names of families are names; the others are words.
  const data = choices.map((value) => ({
    value,
    label: word === 'parser_type' ? value : t(`machine.${word}_${value}`),
  }));
  return <NativeSelect {...shared} value={text} data={data} />;
}

function Broker({ text, ...shared }: ChoiceProps) {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: ['brokers'],
    queryFn: ({ signal }) =>
      call<{ brokers: { broker_id: string; name: string }[] }>('GET', '/api/brokers', undefined, signal),
  });
  const brokers = (data?.brokers ?? []).map(({ broker_id, name }) => ({ value: broker_id, label: name }));
  // A broker that the configuration names and that is not there stays to be seen.
  const named =
    text !== '' && !brokers.some(({ value }) => value === text) ? [{ value: text, label: text }] : [];
  const all = [{ value: '', label: t('machine.main_broker') }, ...brokers, ...named];
  return <NativeSelect {...shared} value={text} data={all} />;
}
