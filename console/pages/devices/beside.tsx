import { CloseButton, Drawer, Paper, Title } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './beside.module.css';

type BesideProps = {
  /** What is open, by its name; null: nothing. */
  title: string | null;
  detail: ReactNode;
  onClose(): void;
  children: ReactNode;
};

const WIDE = '(min-width: 75em)';

/** A list with what is chosen of it: beside it on wide screens, over it on others. */
export function Beside({ title, detail, onClose, children }: BesideProps) {
  const { t } = useTranslation();
  const isWide = useMediaQuery(WIDE, undefined, { getInitialValueInEffect: false });
  if (!isWide) {
    return (
      <>
        {children}
        <Drawer
          opened={title !== null}
          onClose={onClose}
          title={title}
          position="right"
          size="min(30rem, 100%)"
          closeButtonProps={{ 'aria-label': t('shell.close') }}
        >
          {detail}
        </Drawer>
      </>
    );
  }
  return (
    <div className={classes.columns} data-open={title !== null || undefined}>
      <div className={classes.list}>{children}</div>
      {title !== null && (
        <Paper withBorder component="aside" aria-label={title} className={classes.aside}>
          <div className={classes.head}>
            <Title order={2} className={classes.title}>
              {title}
            </Title>
            <CloseButton aria-label={t('shell.close')} onClick={onClose} />
          </div>
          {detail}
        </Paper>
      )}
    </div>
  );
}
