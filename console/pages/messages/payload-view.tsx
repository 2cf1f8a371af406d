import { Button, CopyButton, SegmentedControl, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../components/format.ts';
import { prettyJson } from './json-place.ts';
import type { Message } from './message.ts';
import { hexDump, hexOf, isStructured } from './payload.ts';
import classes from './payload-view.module.css';

type View = 'json' | 'text' | 'hex';

/** The ways in which a payload can be shown, the best one first. */
function viewsOf({ payload, payload_format }: Message): Partial<Record<View, string>> {
  if (payload_format === 'hex') return { hex: hexDump(payload) };
  const plain = { text: payload, hex: hexDump(hexOf(payload)) };
  return isStructured(payload) ? { json: prettyJson(payload), ...plain } : plain;
}

/** A payload as text, never as markup. */
export function PayloadView({ message }: { message: Message }) {
  const { t } = useTranslation();
  const f = useFormat();
  const views = useMemo(() => viewsOf(message), [message]);
  const kinds = Object.keys(views) as View[];
  const [wanted, setWanted] = useState<View | null>(null);
  const view = wanted && views[wanted] !== undefined ? wanted : (kinds[0] ?? 'text');
  const { payload, bytes, truncated } = message;
  return (
    <section aria-label="Payload">
      <div className={classes.head}>
        <Text size="sm" fw={600}>
          Payload · <span className="figures">{f.count(bytes)} B</span>
        </Text>
        <SegmentedControl
          size="xs"
          aria-label={t('messages.shown_as')}
          value={view}
          onChange={(kind) => setWanted(kind as View)}
          data={kinds.map((kind) => ({ value: kind, label: t(`messages.format_${kind}`) }))}
        />
        <CopyButton value={payload}>
          {({ copied, copy }) => (
            <Button variant="default" size="xs" onClick={copy}>
              {t(copied ? 'messages.copied' : 'messages.copy')}
            </Button>
          )}
        </CopyButton>
      </div>
      <pre className={classes.payload} data-view={view} tabIndex={view === 'hex' ? 0 : undefined}>
        {payload === '' ? t('messages.no_payload') : views[view]}
      </pre>
      {truncated && (
        <Text size="sm" className={classes.cut}>
          {t('messages.cut', { bytes: f.count(bytes) })}
        </Text>
      )}
    </section>
  );
}
