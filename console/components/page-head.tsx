import { Title } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './page-head.module.css';

/** The name of a page and what can be done there. */
export function PageHead({ title, children }: { title: ReactNode; children?: ReactNode }) {
  return (
    <div className={classes.head}>
      <Title order={1}>{title}</Title>
      {children && <div className={classes.actions}>{children}</div>}
    </div>
  );
}
