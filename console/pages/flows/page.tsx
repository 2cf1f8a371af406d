import { Button, Select, Skeleton, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Beside } from '../../components/beside.tsx';
import { FormDrawer } from '../../components/form-drawer.tsx';
import { ListFrame } from '../../components/list-frame.tsx';
import { PageHead } from '../../components/page-head.tsx';
import { FlowDetail } from './flow-detail.tsx';
import type { FlowView } from './flow-draft.ts';
import { FlowForm } from './flow-form.tsx';
import { FlowList } from './flow-list.tsx';
import { useFlows } from './use-flows.ts';

const STATES = ['enabled', 'disabled', 'suspended', 'failing'] as const;

/** Whether a flow is wanted by search and filter. */
function isWanted({ name, when, report }: FlowView, search: string, state: string | null): boolean {
  const text = [name, ...Object.values(when)].join(' ').toLowerCase();
  if (!text.includes(search.trim().toLowerCase())) return false;
  return state === null || report.state === state || (state === 'failing' && report.last_error !== null);
}

/** What the form is open for: a flow, a new one, or nothing. */
type Task = { flow: FlowView | null } | null;

export function Page() {
  const { t } = useTranslation();
  const flows = useFlows();
  const [search, setSearch] = useState('');
  const [state, setState] = useState<string | null>(null);
  const [chosenId, setChosenId] = useState<string | null>(null);
  const [task, setTask] = useState<Task>(null);
  const shown = flows.data?.filter((flow) => isWanted(flow, search, state)) ?? [];
  const chosen = flows.data?.find(({ flow_id }) => flow_id === chosenId);
  const add = <Button onClick={() => setTask({ flow: null })}>{t('flows.add')}</Button>;
  return (
    <>
      <PageHead title={t('flows.title')}>{add}</PageHead>
      <Beside
        title={chosen?.name ?? null}
        detail={chosen && <FlowDetail flow={chosen} onEdit={() => setTask({ flow: chosen })} />}
        onClose={() => setChosenId(null)}
      >
        <ListFrame
          tools={<Tools search={search} onSearch={setSearch} state={state} onState={setState} />}
          isLoading={flows.isPending}
          error={flows.data ? null : flows.error}
          onRetry={() => void flows.refetch()}
          isEmpty={shown.length === 0}
          empty={
            flows.data?.length === 0 ? (
              <>
                <p>{t('flows.empty')}</p>
                {add}
              </>
            ) : (
              t('flows.no_match')
            )
          }
          skeleton={<Skeleton height={64} />}
        >
          <FlowList flows={shown} chosenId={chosenId} onChoose={setChosenId} />
        </ListFrame>
      </Beside>
      <FormDrawer
        title={task?.flow ? t('flows.edit', { name: task.flow.name }) : t('flows.add')}
        opened={task !== null}
        onClose={() => setTask(null)}
      >
        {task && <FlowForm flow={task.flow} onSaved={setChosenId} onClose={() => setTask(null)} />}
      </FormDrawer>
    </>
  );
}

type ToolsProps = {
  search: string;
  onSearch(search: string): void;
  state: string | null;
  onState(state: string | null): void;
};

function Tools({ search, onSearch, state, onState }: ToolsProps) {
  const { t } = useTranslation();
  return (
    <>
      <TextInput
        type="search"
        label={t('list.search')}
        placeholder={t('flows.search_hint')}
        value={search}
        onChange={(event) => onSearch(event.currentTarget.value)}
      />
      <Select
        label={t('flows.state')}
        placeholder={t('list.all')}
        data={STATES.map((value) => ({ value, label: t(`flows.state_${value}`) }))}
        value={state}
        onChange={onState}
        clearable
        clearButtonProps={{ 'aria-label': t('flows.all_states') }}
      />
    </>
  );
}
