import { Button, Menu, NativeSelect, TextInput } from '@mantine/core';
import { useEffect, useEffectEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { query } from '../../api/client.ts';
import { useBrokerName, useBrokers } from '../service/brokers.ts';
import { fieldsOf, type HistoryFilter, hiddenFilters } from './history-filter.ts';
import classes from './history-tools.module.css';
import { filterFault } from './topics.ts';

const TYPING_MS = 300;

type HistoryToolsProps = { filter: HistoryFilter; onChange(filter: HistoryFilter): void };

/** Hands on what is typed when the typing pauses. */
function useTyped(value: string, onTyped: (text: string) => void) {
  const [text, setText] = useState(value);
  const told = useEffectEvent(onTyped);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    const timer = setTimeout(() => text !== value && told(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, value]);
  return [text, setText] as const;
}

/** What the history is narrowed to. */
export function HistoryTools({ filter, onChange }: HistoryToolsProps) {
  const { t } = useTranslation();
  const hidden = hiddenFilters(filter);
  const [isOpen, setOpen] = useState(hidden > 0);
  const [topic, setTopic] = useTyped(filter.topic, (text) => {
    if (text === '' || filterFault(text) === null) onChange({ ...filter, topic: text });
  });
  const [text, setText] = useTyped(filter.text, (typed) => onChange({ ...filter, text: typed }));
  const fault = topic === '' ? null : filterFault(topic);
  return (
    <div className={classes.tools} role="search">
      <TextInput
        className={classes.field}
        label={t('messages.topic_filter')}
        placeholder="hall/+/temperature"
        value={topic}
        onChange={(event) => setTopic(event.currentTarget.value)}
        error={fault && t(`messages.${fault}`)}
        spellCheck={false}
      />
      <TextInput
        className={classes.field}
        label={t('messages.text')}
        placeholder={t('messages.text_hint')}
        value={text}
        maxLength={256}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <NativeSelect
        className={classes.field}
        label={t('messages.direction')}
        value={filter.direction}
        onChange={(event) =>
          onChange({ ...filter, direction: event.currentTarget.value as HistoryFilter['direction'] })
        }
        data={[
          { value: '', label: t('list.all') },
          { value: 'in', label: t('messages.in') },
          { value: 'out', label: t('messages.out') },
        ]}
      />
      {isOpen && <MoreFilters filter={filter} onChange={onChange} />}
      <div className={classes.buttons}>
        <Button variant="default" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {hidden > 0 ? t('messages.more_filters_n', { n: hidden }) : t('messages.more_filters')}
        </Button>
        <ExportMenu filter={filter} />
      </div>
    </div>
  );
}

function MoreFilters({ filter, onChange }: HistoryToolsProps) {
  const { t } = useTranslation();
  const { data: brokers = [] } = useBrokers();
  const nameOf = useBrokerName();
  const [device, setDevice] = useTyped(filter.device, (typed) =>
    onChange({ ...filter, device: typed.trim() }),
  );
  return (
    <>
      <NativeSelect
        className={classes.field}
        label="Broker"
        value={filter.brokerId}
        onChange={(event) => onChange({ ...filter, brokerId: event.currentTarget.value })}
        data={[
          { value: '', label: t('list.all') },
          ...brokers.map(({ broker_id }) => ({ value: broker_id, label: nameOf(broker_id) })),
        ]}
      />
      <TextInput
        className={classes.field}
        label={t('messages.device_id')}
        value={device}
        maxLength={128}
        spellCheck={false}
        onChange={(event) => setDevice(event.currentTarget.value)}
      />
      {(['from', 'to'] as const).map((end) => (
        <TextInput
          className={classes.field}
          key={end}
          type="datetime-local"
          label={t(`messages.${end}`)}
          value={filter[end]}
          onChange={(event) => onChange({ ...filter, [end]: event.currentTarget.value })}
          error={
            end === 'to' &&
            filter.from !== '' &&
            filter.to !== '' &&
            filter.to <= filter.from &&
            t('messages.period_fault')
          }
        />
      ))}
    </>
  );
}

/** The whole search as a file; the bridge writes it. */
function ExportMenu({ filter }: Pick<HistoryToolsProps, 'filter'>) {
  const { t } = useTranslation();
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Button variant="default">{t('list.export')}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {(['jsonl', 'csv'] as const).map((kind) => (
          <Menu.Item
            key={kind}
            component="a"
            href={`/api/messages.${kind}${query(fieldsOf(filter))}`}
            download={`messages.${kind}`}
          >
            {t(`messages.export_${kind}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
