import { Button, NativeSelect, Paper, Table, Text, TextInput, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Beside } from '../../components/beside.tsx';
import { useFormat } from '../../components/format.ts';
import { ListFrame } from '../../components/list-frame.tsx';
import whole from '../../components/whole-row.module.css';
import tableClasses from './device-table.module.css';
import classes from './devices-tab.module.css';
import { SecretOnce } from './secret-once.tsx';
import { TemplateForm, type TemplateTask } from './template-form.tsx';
import { TemplatePanel } from './template-panel.tsx';
import { type TemplateView, type TemplateWithSecret, useTemplates } from './use-templates.ts';

const SHOWN = ['enabled', 'disabled'] as const;
type TemplateFilter = { search: string; shown: (typeof SHOWN)[number] | '' };
type TemplatesTabProps = { id: string | null; onOpen(id: string | null): void };

function fits(
  { name, provision_key: key, enabled }: TemplateView,
  { search, shown }: TemplateFilter,
): boolean {
  const wanted = search.trim().toLowerCase();
  return (
    (shown === '' || enabled === (shown === 'enabled')) &&
    (name.toLowerCase().includes(wanted) || key.toLowerCase().includes(wanted))
  );
}

/** Templates under which devices provision themselves. */
export function TemplatesTab({ id, onOpen }: TemplatesTabProps) {
  const { t } = useTranslation();
  const templates = useTemplates();
  const [filter, setFilter] = useState<TemplateFilter>({ search: '', shown: '' });
  const [task, setTask] = useState<TemplateTask | null>(null);
  const [secret, setSecret] = useState<TemplateWithSecret | null>(null);
  const all = templates.data?.templates ?? [];
  const found = all.filter((one) => fits(one, filter));
  const chosen = all.find((one) => one.template_id === id);
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
          tools={<Tools filter={filter} onChange={setFilter} onMake={() => setTask({ kind: 'make' })} />}
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

type ToolsProps = { filter: TemplateFilter; onChange(filter: TemplateFilter): void; onMake(): void };

function Tools({ filter, onChange, onMake }: ToolsProps) {
  const { t } = useTranslation();
  return (
    <>
      <TextInput
        className={classes.search}
        type="search"
        label={t('list.search')}
        placeholder={t('devices.template_search_hint')}
        value={filter.search}
        onChange={(event) => onChange({ ...filter, search: event.currentTarget.value })}
      />
      <NativeSelect
        label={t('devices.condition')}
        value={filter.shown}
        onChange={(event) => onChange({ ...filter, shown: event.currentTarget.value as typeof filter.shown })}
        data={[
          { value: '', label: t('list.all') },
          ...SHOWN.map((value) => ({ value, label: t(`devices.template_${value}`) })),
        ]}
      />
      <Button className={classes.make} onClick={onMake}>
        {t('devices.template_make')}
      </Button>
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
              className={`${whole.row} ${tableClasses.row}`}
              data-chosen={one.template_id === chosen || undefined}
            >
              <Table.Td>
                <UnstyledButton
                  className={`${whole.opener} ${tableClasses.name}`}
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
