import { CloseButton, Paper, Text } from '@mantine/core';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiFault } from '../api/client.ts';
import classes from './notices.module.css';

type Notice = { id: number; kind: 'done' | 'failed'; text: string; details: readonly string[] };
type Tell = { done(text: string): void; failed(error: unknown): void };

const SHOWN_MAX = 4;
const DONE_MS = 6000;
const NoticesContext = createContext<Tell>({ done: () => undefined, failed: () => undefined });

/** Says how a change went: `done` goes away by itself, `failed` stays until it is closed. */
export const useNotices = () => useContext(NoticesContext);

/** The sentence of a fault, in the viewer's language where the bridge could not be asked at all. */
export function useFaultText(): (error: unknown) => string {
  const { t } = useTranslation();
  return useCallback(
    (error) => {
      if (error instanceof ApiFault) return error.status === 0 ? t('shell.unreachable') : error.message;
      return error instanceof Error ? error.message : String(error);
    },
    [t],
  );
}

let lastId = 0;

export function Notices({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [notices, setNotices] = useState<readonly Notice[]>([]);
  const close = useCallback((id: number) => setNotices((all) => all.filter((one) => one.id !== id)), []);
  const add = useCallback((notice: Omit<Notice, 'id'>) => {
    const id = ++lastId;
    setNotices((all) => [...all, { ...notice, id }].slice(-SHOWN_MAX));
    return id;
  }, []);
  const tell = useMemo<Tell>(
    () => ({
      done(text) {
        const id = add({ kind: 'done', text, details: [] });
        setTimeout(() => close(id), DONE_MS);
      },
      failed(error) {
        const errors = error instanceof ApiFault ? error.errors : [];
        const details = errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
        add({ kind: 'failed', text: faultText(error), details });
      },
    }),
    [add, close, faultText],
  );
  return (
    <NoticesContext value={tell}>
      {children}
      <div className={classes.stack} role="status" aria-live="polite">
        {notices.map(({ id, kind, text, details }) => (
          <Paper key={id} className={classes.notice} data-kind={kind} withBorder shadow="sm">
            <div>
              <Text size="sm" fw={600}>
                {text}
              </Text>
              {details.map((detail) => (
                <Text key={detail} size="sm">
                  {detail}
                </Text>
              ))}
            </div>
            <CloseButton aria-label={t('shell.close')} onClick={() => close(id)} />
          </Paper>
        ))}
      </div>
    </NoticesContext>
  );
}
