import { Button, NativeSelect, Paper, Table, Text, TextInput, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../components/format.ts';
import { ListFrame } from '../../components/list-frame.tsx';
import { Beside } from './beside.tsx';
import tableClasses from './device-table.module.css';
import classes from './devices-tab.module.css';
import { SecretOnce } from './secret-once.tsx';
import { TemplateForm, type TemplateTask } from './template-form.tsx';
import { TemplatePanel } from './template-panel.tsx';
import { type TemplateView, type TemplateWithSecret, useTemplates } from './use-templates.ts';

const SHOWN = ['enabled', 'disabled'] as const;
type TemplatesTabProps = { id: string | null; onOpen(id: string | null): void };

/** Templates under which devices provision themselves. */
export function TemplatesTab({ id, onOpen }: TemplatesTabProps) {
  const { t } = useTranslation();
  const templates = useTemplates();
  const [search, setSearch] = useState('');
  const [shown, setShown] = useState<(typeof SHOWN)[number] | ''>('');
  const [task, setTask] = useState<TemplateTask | null>(null);
  const [secret, setSecret] = useState<TemplateWithSecret | null>(null);
  const all = templates.data?.templates ?? [];
  const wanted = search.trim().toLowerCase();
  const found = all.filter(
    ({ name, provision_key: key, enabled }) =>
      (shown === '' || enabled === (shown === 'enabled')) &&
      (name.toLowerCase().includes(wanted) || key.toLowerCase().includes(wanted)),
  );
  const chosen = all.find((one) => one.template_id === id);
  const make = (
    <Button className={classes.make} onClick={() => setTask({ kind: 'make' })}>
      {t('devices.template_make')}
    </Button>
  );
  return (
    <>
      <Beside
        title={chosen?.name ?? null}
        detail={
          chosen && (
            <TemplatePanel
              template={chosen}
              onEdit={() => setTask({ kind: 'edit', template: chosen })}
              onSecret={setSecret}
              onGone={() => onOpen(null)}
            />
          )
        }
        onClose={() => onOpen(null)}
      >
        <ListFrame
          tools={
            <>
              <TextInput
                className={classes.search}
                type="search"
                label={t('list.search')}
                placeholder={t('devices.template_search_hint')}
                value={search}
                onChange={(event) => setSearch(event.currentTarget.value)}
              />
              <NativeSelect
                label={t('devices.condition')}
                value={shown}
                onChange={(event) => setShown(event.currentTarget.value as typeof shown)}
                data={[
                  { value: '', label: t('list.all') },
                  ...SHOWN.map((value) => ({ value, label: t(`devices.template_${value}`) })),
                ]}
              />
              {make}
            </>
          }
          isLoading={templates.isPending}
          error={templates.isError && !templates.data ? templates.error : null}
          onRetry={() => void templates.refetch()}
          isEmpty={found.length === 0}
          empty={
            <Text className={classes.narrow}>
              {t(all.length === 0 ? 'devices.templates_none' : 'devices.templates_none_match')}
            </Text>
          }
        >
          <TemplateTable templates={found} chosen={id} onOpen={onOpen} />
        </ListFrame>
      </Beside>
      <TemplateForm
        task={task}
        onClose={() => setTask(null)}
        onMade={(made) => {
          setSecret(made);
          onOpen(made.template_id);
        }}
      />
      <SecretOnce template={secret} onClose={() => setSecret(null)} />
    </>
  );
}

type TemplateTableProps = {
  templates: readonly TemplateView[];
  chosen: string | null;
  onOpen(id: string): void;
};

function TemplateTable({ templates, chosen, onOpen }: TemplateTableProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Paper withBorder className={tableClasses.frame}>
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('devices.template')}</Table.Th>
            <Table.Th>{t('devices.condition')}</Table.Th>
            <Table.Th className={tableClasses.wide}>{t('devices.approval')}</Table.Th>
            <Table.Th className={tableClasses.last}>{t('devices.title')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {templates.map((one) => (
            <Table.Tr
              key={one.template_id}
              className={tableClasses.row}
              data-chosen={one.template_id === chosen || undefined}
            >
              <Table.Td>
                <UnstyledButton
                  className={tableClasses.name}
                  aria-expanded={one.template_id === chosen}
                  onClick={() => onOpen(one.template_id)}
                >
                  {one.name}
                </UnstyledButton>
              </Table.Td>
              <Table.Td>{t(one.enabled ? 'devices.template_enabled' : 'devices.template_disabled')}</Table.Td>
              <Table.Td className={tableClasses.wide}>
                {t(one.approval_required ? 'devices.approval_asked' : 'devices.approval_none')}
              </Table.Td>
              <Table.Td className="figures" ta="right">
                {format.count(one.devices)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}
