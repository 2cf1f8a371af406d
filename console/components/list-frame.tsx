import { Alert, Button, Skeleton, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './list-frame.module.css';
import { useFaultText } from './notices.tsx';

type ListFrameProps = {
  /** Search and filters, above the list. */
  tools?: ReactNode;
  isLoading: boolean;
  error: unknown;
  onRetry(): void;
  isEmpty: boolean;
  /** What to do when there is nothing: a sentence and the next step. */
  empty: ReactNode;
  /** The real shape of a row while it loads. */
  skeleton?: ReactNode;
  children: ReactNode;
};

const SKELETON_ROWS = 6;

/** What every list has: tools, a skeleton while it loads, the next step when it is empty, a fault with a retry. */
export function ListFrame({
  tools,
  isLoading,
  error,
  onRetry,
  isEmpty,
  empty,
  skeleton,
  children,
}: ListFrameProps) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const row = skeleton ?? <Skeleton height={36} />;
  return (
    <section className={classes.frame}>
      {tools && <div className={classes.tools}>{tools}</div>}
      {error ? (
        <Alert color="red" role="alert" title={t('list.failed')}>
          <Text size="sm">{faultText(error)}</Text>
          <Button variant="default" mt="sm" onClick={onRetry}>
            {t('list.retry')}
          </Button>
        </Alert>
      ) : isLoading ? (
        <div role="status" aria-busy="true" aria-label={t('list.loading')} className={classes.rows}>
          {Array.from({ length: SKELETON_ROWS }, (_, i) => (
            <div key={i}>{row}</div>
          ))}
        </div>
      ) : isEmpty ? (
        <div className={classes.empty}>{empty}</div>
      ) : (
        children
      )}
    </section>
  );
}
