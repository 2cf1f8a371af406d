import { Button, Code, CopyButton, Skeleton, Table, Text, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { EmbeddedBrokerView } from '../../../src/api/embedded-broker.ts';
import { useFormat } from '../../components/format.ts';
import { ListFrame } from '../../components/list-frame.tsx';
import { addressesOf } from './addresses.ts';
import { SectionHead } from './section-head.tsx';
import classes from './service.module.css';
import { type Client, useClients, useEmbeddedBroker } from './use-service.ts';

/** The broker inside the bridge: where meters reach it, and who is connected. */
export function EmbeddedBroker() {
  const { t } = useTranslation();
  const { data, error, isPending, refetch } = useEmbeddedBroker();
  return (
    <section aria-labelledby="embedded">
      <SectionHead id="embedded" title={t('service.broker_embedded')} />
      <ListFrame
        isLoading={isPending}
        error={data ? null : error}
        onRetry={() => void refetch()}
        isEmpty={data?.exists === false}
        empty={t('service.no_embedded')}
        skeleton={<Skeleton height={52} />}
      >
        {data && <Addresses view={data} />}
        <Clients />
      </ListFrame>
    </section>
  );
}

function Addresses({ view }: { view: EmbeddedBrokerView }) {
  const { t } = useTranslation();
  return (
    <div className={classes.card}>
      <div className={classes.addresses}>
        {addressesOf(view, location.hostname).map((address) => (
          <span key={address} className={classes.actions}>
            <Code>{address}</Code>
            <CopyButton value={address}>
              {({ copied, copy }) => (
                <Button size="compact-xs" variant="default" onClick={copy}>
                  {t(copied ? 'messages.copied' : 'messages.copy')}
                </Button>
              )}
            </CopyButton>
          </span>
        ))}
      </div>
      {view.listening === false && <Text size="sm">{t('service.not_listening')}</Text>}
      <Text size="sm" className="quiet" mt={4}>
        {t(view.allow_anonymous ? 'service.anonymous' : 'service.with_token')}
      </Text>
    </div>
  );
}

function Clients() {
  const { t } = useTranslation();
  const f = useFormat();
  const [search, setSearch] = useState('');
  const { data, error, isPending, refetch } = useClients();
  const wanted = search.trim().toLowerCase();
  const shown = (data?.clients ?? []).filter(({ client_id, device_id, address }) =>
    `${client_id}\n${device_id ?? ''}\n${address}`.toLowerCase().includes(wanted),
  );
  return (
    <ListFrame
      tools={
        <TextInput
          label={t('service.clients_n', { n: f.count(data?.total ?? 0) })}
          placeholder={t('list.search')}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      }
      isLoading={isPending}
      error={data ? null : error}
      onRetry={() => void refetch()}
      isEmpty={shown.length === 0}
      empty={t(wanted === '' ? 'service.no_clients' : 'service.nothing_found')}
    >
      <ClientsTable clients={shown} />
    </ListFrame>
  );
}

function ClientsTable({ clients }: { clients: readonly Client[] }) {
  const { t } = useTranslation();
  const f = useFormat();
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={t('service.clients')}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            {['client', 'device', 'address', 'protocol', 'connected_since', 'subscriptions'].map((name) => (
              <Table.Th key={name}>{t(`service.${name}`)}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody className="figures">
          {clients.map(({ client_id, device_id, address, protocol, connected_since, subscriptions }) => (
            <Table.Tr key={client_id}>
              <Table.Td>{client_id}</Table.Td>
              <Table.Td>
                {device_id === null ? (
                  '–'
                ) : (
                  <Link to="/machines/$deviceId" params={{ deviceId: device_id }}>
                    {device_id}
                  </Link>
                )}
              </Table.Td>
              <Table.Td>{address}</Table.Td>
              <Table.Td>{protocol}</Table.Td>
              <Table.Td>{f.moment(connected_since)}</Table.Td>
              <Table.Td>{subscriptions.join(', ') || '–'}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
