import { Button, Group, SegmentedControl, Text, Textarea } from '@mantine/core';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../components/format.ts';
import type { PartProps } from './compose-form.tsx';
import classes from './compose-payload.module.css';
import { prettyJson } from './json-place.ts';
import { checkPayload, PAYLOAD_FORMATS, type PayloadFormat } from './payload.ts';

/** The payload, checked against its format as it is typed. */
export function ComposePayload({ draft, set, fault }: PartProps) {
  const { t } = useTranslation();
  const f = useFormat();
  const { format, payload } = draft;
  const check = useMemo(() => checkPayload(format, payload), [format, payload]);
  const found =
    check.fault &&
    t('messages.payload_at', {
      line: check.fault.line,
      column: check.fault.column,
      what: t(`messages.${check.fault.code}`),
    });
  // An empty text is no JSON, but nobody has typed anything yet.
  const shown = payload === '' ? undefined : (found ?? undefined);
  return (
    <div>
      <Group justify="space-between" align="center" mb={4} gap="xs">
        <Text size="sm" fw={500}>
          Payload
        </Text>
        <SegmentedControl
          size="xs"
          aria-label={t('messages.format')}
          value={format}
          onChange={(value) => set({ format: value as PayloadFormat })}
          data={PAYLOAD_FORMATS.map((value) => ({ value, label: t(`messages.format_${value}`) }))}
        />
      </Group>
      <Textarea
        aria-label="Payload"
        classNames={{ input: classes.payload }}
        value={payload}
        onChange={(event) => set({ payload: event.currentTarget.value })}
        error={(shown ?? (check.fault ? fault('payload') : undefined)) !== undefined}
        autosize
        minRows={4}
        maxRows={14}
        spellCheck={false}
      />
      <Group justify="space-between" align="start" gap="xs" mt={4} mih="1.75rem" wrap="nowrap">
        <Text size="xs" className={shown ? classes.fault : 'quiet'} aria-live="polite">
          {shown ??
            (check.fault ? fault('payload') : undefined) ??
            t('messages.payload_fits', { n: f.count(check.bytes) })}
        </Text>
        {format === 'json' && (
          <Button
            size="compact-xs"
            variant="default"
            disabled={check.fault !== null}
            onClick={() => set({ payload: prettyJson(payload) })}
          >
            {t('messages.tidy')}
          </Button>
        )}
      </Group>
    </div>
  );
}
