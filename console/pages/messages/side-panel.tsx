import { CloseButton, Drawer, Title } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './side-panel.module.css';

export const WIDE = '(min-width: 75em)';

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
  const isWide = useMediaQuery(WIDE, true, { getInitialValueInEffect: false });
  if (isWide) return <Beside {...props} />;
  return (
    <Drawer
      opened
      onClose={props.onClose}
      closeButtonProps={{ 'aria-label': t('shell.close') }}
      title={props.title}
      position="right"
      size="lg"
    >
      {props.children}
    </Drawer>
  );
}

function Beside({ title, of, onClose, children }: SidePanelProps) {
  const { t } = useTranslation();
  const id = useId();
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    panel.current?.scrollTo({ top: 0 });
    panel.current?.focus({ preventScroll: true });
  }, [of]);
  return (
    <aside ref={panel} className={classes.panel} aria-labelledby={id} tabIndex={-1}>
      <div className={classes.head}>
        <Title order={2} id={id}>
          {title}
        </Title>
        <CloseButton aria-label={t('shell.close')} onClick={onClose} />
      </div>
      {children}
    </aside>
  );
}
