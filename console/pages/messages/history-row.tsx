import { UnstyledButton } from '@mantine/core';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../components/format.ts';
import classes from './history-list.module.css';
import { type Message, previewOf } from './message.ts';

type HistoryRowProps = { message: Message; isOpen: boolean; onOpen(message: Message): void };

export const isToday = (iso: string) => new Date(iso).toDateString() === new Date().toDateString();

/** One message of the list: when, which way, where, the beginning of what. */
export const HistoryRow = memo(function HistoryRow({ message, isOpen, onOpen }: HistoryRowProps) {
  const { t } = useTranslation();
  const f = useFormat();
  const { at, direction, topic, qos, retain, bytes } = message;
  return (
    <li className={classes.item}>
      <UnstyledButton
        className={classes.row}
        aria-current={isOpen ? 'true' : undefined}
        onClick={() => onOpen(message)}
      >
        <span className={classes.time}>{isToday(at) ? f.time(at) : f.moment(at)}</span>
        <span className={classes.direction} data-direction={direction}>
          <span aria-hidden="true">{direction === 'in' ? '↓' : '↑'}</span> {t(`messages.${direction}`)}
        </span>
        <span className={classes.topic} title={topic}>
          {topic}
        </span>
        <span className={classes.preview}>{previewOf(message) || t('messages.no_payload')}</span>
        <span className={classes.facts}>
          {retain && <span className={classes.retain}>{t('messages.retain')}</span>}
          <span>QoS {qos}</span>
          <span className={classes.bytes}>{f.count(bytes)} B</span>
        </span>
      </UnstyledButton>
    </li>
  );
});
