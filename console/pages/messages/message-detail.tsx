import { Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { call, query } from '../../api/client.ts';
import { Fact, Facts } from '../../components/facts.tsx';
import { useFormat } from '../../components/format.ts';
import { useBrokerName } from '../service/brokers.ts';
import { LIVE_BYTES_MAX, type Message, type MessagesPage } from './message.ts';
import classes from './message-detail.module.css';
import { PayloadView } from './payload-view.tsx';

type MessageDetailProps = {
  message: Message;
  onSendAgain(message: Message): void;
  onTopic(topic: string): void;
};

/** More of a message than the stream told; the history has it half a second later. */
function useWhole(message: Message): Message {
  const { id, topic, truncated, payload } = message;
  const { data } = useQuery({
    queryKey: ['message', id],
    queryFn: async ({ signal }) => {
      const fields = { topic, before: id + 1, limit: 1 };
      const page = await call<MessagesPage>('GET', `/api/messages${query(fields)}`, undefined, signal);
      return page.messages.find((one) => one.id === id) ?? null;
    },
    // Hex takes two characters a byte.
    enabled: truncated && payload.length <= 2 * LIVE_BYTES_MAX,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return data ?? message;
}

/** All of one message. */
export function MessageDetail({ message: told, onSendAgain, onTopic }: MessageDetailProps) {
  const { t } = useTranslation();
  const message = useWhole(told);
  return (
    <>
      <Text className={classes.topic}>{message.topic}</Text>
      <MessageFacts message={message} />
      <Group gap="xs" my="sm">
        <Button onClick={() => onSendAgain(message)}>{t('messages.send_again')}</Button>
        <Button variant="default" onClick={() => onTopic(message.topic)}>
          {t('messages.only_topic')}
        </Button>
      </Group>
      <PayloadView message={message} />
    </>
  );
}

function MessageFacts({ message }: { message: Message }) {
  const { t } = useTranslation();
  const f = useFormat();
  const nameOf = useBrokerName();
  const { direction, at, broker_id, device_id, qos, retain } = message;
  const facts: [string, ReactNode][] = [
    [t('messages.direction'), `${direction === 'in' ? '↓' : '↑'} ${t(`messages.${direction}`)}`],
    [t('messages.time'), f.moment(at)],
    ['Broker', nameOf(broker_id)],
    ...(device_id === null
      ? []
      : [[t('messages.device'), <DeviceLink key="device" id={device_id} />] as [string, ReactNode]]),
    ['QoS', `${qos} · ${t(`messages.qos_${qos}`)}`],
    ['Retain', t(retain ? 'messages.yes' : 'messages.no')],
    ...propertyFacts(message, t),
  ];
  return (
    <Facts>
      {facts.map(([name, value], i) => (
        <Fact key={`${i} ${name}`} name={name}>
          {value}
        </Fact>
      ))}
    </Facts>
  );
}

function DeviceLink({ id }: { id: string }) {
  return (
    <Link to="/machines/$deviceId" params={{ deviceId: id }}>
      {id}
    </Link>
  );
}

/** What MQTT 5 carried besides. */
function propertyFacts({ properties }: Message, t: (key: string) => string): [string, string][] {
  if (!properties) return [];
  const { content_type, response_topic, correlation_data_hex, expiry_s, subscription_identifiers } =
    properties;
  const users = Object.entries(properties.user_properties ?? {}).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, one]),
  );
  const named: [string, string | undefined][] = [
    [t('messages.content_type'), content_type],
    [t('messages.response_topic'), response_topic],
    [t('messages.correlation'), correlation_data_hex],
    [t('messages.expiry'), expiry_s === undefined ? undefined : `${expiry_s} s`],
    [t('messages.identifiers'), subscription_identifiers?.join(', ')],
  ];
  return [...named.filter((one): one is [string, string] => one[1] !== undefined), ...users];
}
