import type { ReactNode } from 'react';
import classes from './beside.module.css';
import { SidePanel } from './side-panel.tsx';

type BesideProps = {
  /** What is open, by its name; null: nothing. */
  title: string | null;
  detail: ReactNode;
  onClose(): void;
  children: ReactNode;
};

/** A list with what is chosen of it: beside it on wide screens, over it on others. */
export function Beside({ title, detail, onClose, children }: BesideProps) {
  return (
    <div className={classes.columns} data-open={title !== null || undefined}>
      <div className={classes.list}>{children}</div>
      {title !== null && (
        <SidePanel title={title} of={title} onClose={onClose}>
          {detail}
        </SidePanel>
      )}
    </div>
  );
}
