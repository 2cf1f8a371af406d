import { Button, Group, NativeSelect, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Attribute } from '../../../src/model/attribute.ts';
import { at, call } from '../../api/client.ts';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { useNotices } from '../../components/notices.tsx';
import { readValue, valueText, WRITTEN_TYPES, type WrittenType, writtenType } from './attribute-value.ts';
import classes from './machine.module.css';

function useSetAttribute(deviceId: string) {
  const queries = useQueryClient();
  return async (key: string, value: unknown) => {
    await call('PUT', at('devices', deviceId, 'attributes'), { [key]: value });
    await queries.invalidateQueries({ queryKey: ['attributes', deviceId] });
  };
}

type AttributeFormProps = { deviceId: string; attribute: Attribute | null };

/** Sets an attribute for the device, which is told at once; begins with the one that was chosen. */
export function AttributeForm({ deviceId, attribute }: AttributeFormProps) {
  const { t } = useTranslation();
  const notices = useNotices();
  const own = attribute?.scope === 'server' ? attribute : null;
  const [key, setKey] = useState(own?.key ?? '');
  const [type, setType] = useState<WrittenType>(own ? writtenType(own.type) : 'STR');
  const [text, setText] = useState(own ? valueText(own.value) : '');
  const set = useSetAttribute(deviceId);
  const saving = useMutation({
    mutationFn: (value: unknown) => set(key, value),
    onSuccess: () => notices.done(t('machine.attribute_set', { key })),
    onError: (error) => notices.failed(error),
  });
  const read = readValue(type === 'BOOL' && text !== 'true' ? 'false' : text, type);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (read) saving.mutate(read.value);
  };
  return (
    <form className={classes.card} onSubmit={submit}>
      <Title order={2}>{t('machine.set_attribute')}</Title>
      <Text size="sm" className="quiet">
        {t('machine.set_attribute_hint')}
      </Text>
      <TextInput
        label={t('machine.key')}
        value={key}
        maxLength={128}
        required
        onChange={(event) => setKey(event.currentTarget.value)}
      />
      <NativeSelect
        label={t('machine.type')}
        value={type}
        onChange={(event) => setType(event.currentTarget.value as WrittenType)}
        data={WRITTEN_TYPES.map((one) => ({ value: one, label: t(`machine.type_${one}`) }))}
      />
      <ValueInput type={type} text={text} onText={setText} isWrong={text !== '' && read === null} />
      <Group justify="space-between">
        <Button type="submit" loading={saving.isPending} disabled={key === '' || read === null}>
          {t('machine.set')}
        </Button>
        {own && (
          <ConfirmButton
            label={t('list.delete')}
            destroys
            consequence={t('machine.delete_attribute', { key: own.key })}
            act={async () => {
              await set(own.key, null);
              return t('machine.attribute_deleted', { key: own.key });
            }}
          />
        )}
      </Group>
    </form>
  );
}

type ValueInputProps = { type: WrittenType; text: string; onText(text: string): void; isWrong: boolean };

function ValueInput({ type, text, onText, isWrong }: ValueInputProps) {
  const { t } = useTranslation();
  const shared = {
    label: t('machine.value'),
    error: isWrong && t(type === 'DBL' ? 'machine.no_number' : 'machine.no_json'),
    onChange: (event: { currentTarget: { value: string } }) => onText(event.currentTarget.value),
  };
  if (type === 'BOOL') {
    const data = ['true', 'false'].map((value) => ({ value, label: t(`machine.is_${value}`) }));
    return <NativeSelect {...shared} value={text === 'true' ? 'true' : 'false'} data={data} />;
  }
  return type === 'JSON' ? (
    <Textarea {...shared} value={text} autosize minRows={2} maxRows={8} />
  ) : (
    <TextInput {...shared} value={text} inputMode={type === 'DBL' ? 'decimal' : 'text'} />
  );
}
