import { Anchor, Button, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ListedMachine, machines, type ShownState, useMachines } from '../../api/machines.ts';
import { ListFrame } from '../../components/list-frame.tsx';
import { PageHead } from '../../components/page-head.tsx';
import { curves } from './curves.ts';
import { FirstSteps } from './first-steps.tsx';
import { TileGrid, TileGridSkeleton } from './tile-grid.tsx';
import { countStates, inOrder, type Order, orderBy, powerNow, type Sort } from './tile-list.ts';
import { Tools } from './tools.tsx';

type View = { search: string; shown: ShownState | null; sort: Sort; order: Order };

const ALL: View = { search: '', shown: null, sort: 'configured', order: null };
/** Who comes back from a machine finds the overview as it was left. */
let kept = ALL;

function useView(running: readonly ListedMachine[]) {
  const { i18n } = useTranslation();
  const [view, setView] = useState(kept);
  const change = (news: Partial<View>) => {
    kept = { ...view, ...news };
    setView(kept);
  };
  const sort = (by: Sort) => {
    const powerOf = (id: string) => {
      const machine = machines.one(id);
      return machine ? powerNow(machine) : null;
    };
    const order = orderBy(by, running, powerOf, i18n.language);
    change({ sort: by, order });
  };
  return { view, change, sort };
}

export function Page() {
  const { t } = useTranslation();
  useEffect(() => curves.begin(), []);
  const { machines: running, all, isLoading, error, retry } = useMachines();
  const isNew = !isLoading && error === null && all.length === 0;
  return (
    <>
      <PageHead title={t('shell.overview')} />
      {isNew ? (
        <FirstSteps />
      ) : (
        <Machines
          running={running}
          isLoading={isLoading}
          // What is known already is shown on; the banner tells that it may be old.
          error={all.length === 0 ? error : null}
          retry={retry}
        />
      )}
    </>
  );
}

type MachinesProps = {
  running: readonly ListedMachine[];
  isLoading: boolean;
  error: unknown;
  retry(): Promise<void>;
};

function Machines({ running, isLoading, error, retry }: MachinesProps) {
  const { view, change, sort } = useView(running);
  const { search, shown, order } = view;
  const { machines: found } = useMachines({ search, shown });
  const tiles = useMemo(() => inOrder(found, order), [found, order]);
  const counts = useMemo(() => countStates(running), [running]);
  const tools = (
    <Tools
      {...view}
      counts={counts}
      onSearch={(text) => change({ search: text })}
      onShown={(state) => change({ shown: state })}
      onSort={sort}
    />
  );
  return (
    <ListFrame
      tools={tools}
      isLoading={false}
      error={error}
      onRetry={() => void retry()}
      isEmpty={!isLoading && tiles.length === 0}
      empty={<NoTiles isFiltered={running.length > 0} onClear={() => change({ search: '', shown: null })} />}
    >
      {isLoading ? <TileGridSkeleton /> : <TileGrid machines={tiles} />}
    </ListFrame>
  );
}

function NoTiles({ isFiltered, onClear }: { isFiltered: boolean; onClear(): void }) {
  const { t } = useTranslation();
  return isFiltered ? (
    <>
      <Text>{t('overview.nothing_found')}</Text>
      <Button variant="default" mt="sm" onClick={onClear}>
        {t('overview.show_all')}
      </Button>
    </>
  ) : (
    <>
      <Text>{t('overview.none_running')}</Text>
      <Anchor component={Link} to="/devices" size="sm">
        {t('overview.to_devices')}
      </Anchor>
    </>
  );
}
