import { Button, Drawer, NativeSelect, Skeleton, Text, TextInput, UnstyledButton } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Attribute } from '../../../src/model/attribute.ts';
import type { DeviceDetail } from '../../../src/model/own-device.ts';
import { at, call } from '../../api/client.ts';
import { useFormat } from '../../components/format.ts';
import { ListFrame } from '../../components/list-frame.tsx';
import { AttributeForm } from './attribute-form.tsx';
import { AttributeHistory } from './attribute-history.tsx';
import { valueText } from './attribute-value.ts';
import classes from './machine.module.css';

const REFRESH_MS = 5000;
export const attributesKey = (deviceId: string) => ['attributes', deviceId];
const idOf = ({ scope, key }: Pick<Attribute, 'scope' | 'key'>) => `${scope} ${key}`;

/** What the device says about itself and what it is told, each with its type, time and former values. */
export function AttributesTab({ device }: { device: DeviceDetail }) {
  const { t } = useTranslation();
  const deviceId = device.device_id;
  const [search, setSearch] = useState('');
  const [scope, setScope] = useState('');
  const [chosen, setChosen] = useState<Pick<Attribute, 'scope' | 'key'> | null>(null);
  const found = useQuery({
    queryKey: attributesKey(deviceId),
    queryFn: ({ signal }) =>
      call<{ attributes: Attribute[] }>('GET', at('devices', deviceId, 'attributes'), undefined, signal),
    refetchInterval: REFRESH_MS,
  });
  const all = found.data?.attributes ?? [];
  const word = search.toLowerCase();
  const rows = all.filter(
    (one) => (scope === '' || one.scope === scope) && one.key.toLowerCase().includes(word),
  );
  const opened = all.find((one) => chosen !== null && idOf(one) === idOf(chosen)) ?? null;
  const isWide = useMediaQuery('(min-width: 75em)', true);
  const close = () => setChosen(null);
  const history = opened && <AttributeHistory deviceId={deviceId} attribute={opened} onClose={close} />;
  return (
    <div className={classes.split}>
      <ListFrame
        tools={<Tools search={search} onSearch={setSearch} scope={scope} onScope={setScope} />}
        isLoading={found.isPending}
        error={found.error}
        onRetry={() => void found.refetch()}
        isEmpty={rows.length === 0}
        empty={<Text>{t(all.length > 0 ? 'machine.nothing_found' : 'machine.no_attributes')}</Text>}
        skeleton={<Skeleton height={34} />}
      >
        <Rows rows={rows} chosen={chosen && idOf(chosen)} onChoose={setChosen} />
      </ListFrame>
      <div className={classes.stack}>
        {isWide && history}
        {!isWide && (
          <Drawer
            opened={opened !== null}
            onClose={close}
            position="bottom"
            size="80%"
            withCloseButton={false}
            aria-label={opened ? t('machine.history_of', { key: opened.key }) : ''}
          >
            {history}
          </Drawer>
        )}
        <AttributeForm key={opened?.key ?? ''} deviceId={deviceId} attribute={opened} />
      </div>
    </div>
  );
}

type ToolsProps = {
  search: string;
  onSearch(text: string): void;
  scope: string;
  onScope(scope: string): void;
};

function Tools({ search, onSearch, scope, onScope }: ToolsProps) {
  const { t } = useTranslation();
  return (
    <>
      <TextInput
        type="search"
        label={t('list.search')}
        value={search}
        onChange={(event) => onSearch(event.currentTarget.value)}
      />
      <NativeSelect
        label={t('machine.scope')}
        value={scope}
        onChange={(event) => onScope(event.currentTarget.value)}
        data={[
          { value: '', label: t('list.all') },
          { value: 'device', label: t('machine.scope_device') },
          { value: 'server', label: t('machine.scope_server') },
        ]}
      />
      {(search !== '' || scope !== '') && (
        <Button
          variant="default"
          onClick={() => {
            onSearch('');
            onScope('');
          }}
        >
          {t('machine.clear_filter')}
        </Button>
      )}
    </>
  );
}

type RowsProps = { rows: readonly Attribute[]; chosen: string | null; onChoose(one: Attribute): void };

function Rows({ rows, chosen, onChoose }: RowsProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <table className={`${classes.table} figures`}>
      <thead>
        <tr>
          {['key', 'value', 'type', 'scope', 'time'].map((word) => (
            <th key={word} scope="col">
              {t(`machine.${word}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((one) => (
          <tr key={idOf(one)} data-chosen={idOf(one) === chosen}>
            <td data-word={t('machine.key')}>
              <UnstyledButton
                fz="sm"
                c="var(--mantine-color-anchor)"
                className={classes.value}
                aria-label={t('machine.history_of', { key: one.key })}
                onClick={() => onChoose(one)}
              >
                {one.key}
              </UnstyledButton>
            </td>
            <td data-word={t('machine.value')}>
              <span className={classes.value}>{valueText(one.value)}</span>
            </td>
            <td data-word={t('machine.type')}>{t(`machine.type_${one.type}`)}</td>
            <td data-word={t('machine.scope')}>{t(`machine.scope_${one.scope}`)}</td>
            <td data-word={t('machine.time')}>{format.moment(one.at)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
