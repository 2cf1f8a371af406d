import { CloseButton, Drawer, Title } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './side-panel.module.css';

const WIDE = '(min-width: 75em)';

/** Whether there is room for a detail beside its list. */
export const useIsWide = (): boolean => useMediaQuery(WIDE, true, { getInitialValueInEffect: false }) ?? true;

type SidePanelProps = {
  title: string;
  /** Changes with what is shown, so that the reader is told. */
  of: string;
  onClose(): void;
  children: ReactNode;
};

/** Detail: beside the list on wide screens, over it on narrow ones. */
export function SidePanel(props: SidePanelProps) {
  const { t } = useTranslation();
  const isWide = useIsWide();
  if (isWide) return <Aside {...props} />;
  return (
    <Drawer
      opened
      onClose={props.onClose}
      closeButtonProps={{ 'aria-label': t('shell.close') }}
      title={props.title}
      position="right"
      size="min(30rem, 100%)"
    >
      {props.children}
    </Drawer>
  );
}

function Aside({ title, of, onClose, children }: SidePanelProps) {
  const { t } = useTranslation();
  const id = useId();
  const panel = useRef<HTMLElement>(null);
  // Who closes the panel goes on where it was opened.
  useEffect(() => {
    const opener = document.activeElement;
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
    };
  }, []);
  useEffect(() => {
    panel.current?.scrollTo({ top: 0 });
    panel.current?.focus({ preventScroll: true });
  }, [of]);
  return (
    <aside ref={panel} className={classes.panel} aria-labelledby={id} tabIndex={-1}>
      <div className={classes.head}>
        <Title order={2} id={id} className={classes.title}>
          {title}
        </Title>
        <CloseButton aria-label={t('shell.close')} onClick={onClose} />
      </div>
      {children}
    </aside>
  );
}
