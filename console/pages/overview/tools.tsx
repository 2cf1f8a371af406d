import { Button, NativeSelect, TextInput, UnstyledButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { ShownState } from '../../api/machines.ts';
import { useFormat } from '../../components/format.ts';
import { SORTS, type Sort, STATES, type StateCounts } from './tile-list.ts';
import classes from './tools.module.css';

type ToolsProps = {
  search: string;
  shown: ShownState | null;
  sort: Sort;
  counts: StateCounts;
  onSearch(search: string): void;
  onShown(shown: ShownState | null): void;
  onSort(sort: Sort): void;
};

/** Search, the order, which changes only when it is asked for, and the states with how many are in each. */
export function Tools({ search, sort, onSearch, onSort, ...states }: ToolsProps) {
  const { t } = useTranslation();
  const isMoving = sort === 'power' || sort === 'state';
  return (
    <>
      <TextInput
        type="search"
        className={classes.search}
        aria-label={t('overview.search')}
        placeholder={t('overview.search')}
        value={search}
        onChange={(event) => onSearch(event.currentTarget.value)}
      />
      <div className={classes.order}>
        <NativeSelect
          aria-label={t('overview.sort')}
          value={sort}
          data={SORTS.map((value) => ({ value, label: t(`overview.sort_${value}`) }))}
          onChange={(event) => onSort(event.currentTarget.value as Sort)}
        />
        {isMoving && (
          <Button variant="default" onClick={() => onSort(sort)}>
            {t('overview.sort_again')}
          </Button>
        )}
      </div>
      <StateFilter {...states} />
    </>
  );
}

function StateFilter({ shown, counts, onShown }: Pick<ToolsProps, 'shown' | 'counts' | 'onShown'>) {
  const { t } = useTranslation();
  const format = useFormat();
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const choices = [
    { state: null, word: t('list.all'), count: all },
    ...STATES.map((state) => ({ state, word: t(`machine_states.${state}`), count: counts[state] })),
  ];
  return (
    <div className={classes.states} role="group" aria-label={t('overview.filter')}>
      {choices.map(({ state, word, count }) => (
        <UnstyledButton
          key={word}
          className={classes.state}
          aria-pressed={shown === state}
          onClick={() => onShown(state)}
        >
          {word} <span className={classes.count}>{format.count(count)}</span>
        </UnstyledButton>
      ))}
    </div>
  );
}
