import { Button, Group as Row, Text, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceDetail } from '../../../src/model/own-device.ts';
import { ApiFault } from '../../api/client.ts';
import { DeviceCards } from './device-cards.tsx';
import { doubtsOf } from './doubts.ts';
import { FieldInput } from './field-input.tsx';
import { GROUPS, type Group, patchOf, type Texts, takenBack, textsOf } from './fields.ts';
import classes from './machine.module.css';
import { usePatch } from './use-patch.ts';

/** Every field with its meaning; what was changed here against the configuration is marked and can be taken back. */
export function ConfigurationTab({ device }: { device: DeviceDetail }) {
  const { t } = useTranslation();
  const before = textsOf(device.configuration);
  const [changed, setChanged] = useState<Texts>({});
  const texts = { ...before, ...changed };
  const saving = usePatch(device.device_id, t('machine.saved'));
  const patch = patchOf(before, texts);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (patch) saving.mutate(patch, { onSuccess: () => setChanged({}) });
  };
  const errors = saving.error instanceof ApiFault ? saving.error.errors : [];
  const shared = {
    device,
    texts,
    errors: new Map(errors.map(({ path, message }) => [path, message])),
    onText: (path: string, text: string) => setChanged((all) => ({ ...all, [path]: text })),
    onTakeBack: (path: string) =>
      saving.mutate(takenBack(path), {
        onSuccess: () =>
          setChanged((all) => Object.fromEntries(Object.entries(all).filter(([one]) => one !== path))),
      }),
  };
  return (
    <div className={classes.split}>
      <form className={classes.stack} onSubmit={submit} noValidate>
        <Text size="sm" className="quiet">
          {t(device.source === 'managed' ? 'machine.managed_hint' : 'machine.own_hint')}
        </Text>
        {GROUPS.map((group) => (
          <FieldGroup key={group.name} group={group} {...shared} />
        ))}
        <div className={classes.save}>
          <Row gap="sm">
            <Button type="submit" loading={saving.isPending} disabled={!patch}>
              {t('list.save')}
            </Button>
            <Button variant="default" disabled={!patch} onClick={() => setChanged({})}>
              {t('machine.discard')}
            </Button>
            <Text size="sm" className="quiet" role="status">
              {t(patch ? 'machine.unsaved' : 'machine.nothing_unsaved')}
            </Text>
          </Row>
        </div>
      </form>
      <DeviceCards device={device} />
    </div>
  );
}

type FieldGroupProps = {
  group: Group;
  device: DeviceDetail;
  texts: Texts;
  errors: ReadonlyMap<string, string>;
  onText(path: string, text: string): void;
  onTakeBack(path: string): void;
};

function FieldGroup({ group, device, texts, errors, onText, onTakeBack }: FieldGroupProps) {
  const { t } = useTranslation();
  const doubts = doubtsOf(texts, device.family);
  return (
    <section className={classes.card}>
      <Title order={2}>{t(`machine.group_${group.name}`)}</Title>
      <div className={classes.fields}>
        {group.fields.map((field) => {
          const { path } = field;
          return (
            <FieldInput
              key={path}
              field={field}
              text={texts[path] ?? ''}
              error={errors.get(path)}
              doubts={doubts.filter((doubt) => doubt.path === path)}
              override={device.overrides.find((one) => one.field === path)}
              onText={(text) => onText(path, text)}
              onTakeBack={() => onTakeBack(path)}
            />
          );
        })}
      </div>
    </section>
  );
}
