import { Skeleton } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type MouseEvent, memo, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { ListedMachine } from '../../api/machines.ts';
import { Tile } from './tile.tsx';
import classes from './tile-grid.module.css';
import { useVisibility } from './visibility.ts';

const SKELETON_TILES = 12;

/** Whether the browser is to do what it does with links: a new tab, a download. */
const isForBrowser = ({ button, metaKey, ctrlKey, shiftKey, altKey }: MouseEvent) =>
  button !== 0 || metaKey || ctrlKey || shiftKey || altKey;

/** The tiles, in the order of `machines`. */
export const TileGrid = memo(function TileGrid({ machines }: { machines: readonly ListedMachine[] }) {
  const { t } = useTranslation();
  const observe = useVisibility();
  const navigate = useNavigate();
  const open = useCallback(
    (event: MouseEvent, deviceId: string) => {
      if (isForBrowser(event)) return;
      event.preventDefault();
      void navigate({ to: '/machines/$deviceId', params: { deviceId } });
    },
    [navigate],
  );
  return (
    <ul className={classes.grid} aria-label={t('overview.machines')}>
      {machines.map(({ device_id: id, machine_name: name }) => (
        <Tile key={id} deviceId={id} name={name} observe={observe} onOpen={open} />
      ))}
    </ul>
  );
});

/** Where the tiles will be. */
export function TileGridSkeleton() {
  const { t } = useTranslation();
  return (
    <div className={classes.grid} aria-busy="true" aria-label={t('list.loading')} role="status">
      {Array.from({ length: SKELETON_TILES }, (_, i) => (
        <Skeleton key={i} className={classes.skeleton} />
      ))}
    </div>
  );
}
