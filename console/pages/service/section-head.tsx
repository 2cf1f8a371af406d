import { Title } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './section-head.module.css';

/** The name of a part of the page and what can be done there. */
export function SectionHead({ id, title, children }: { id: string; title: string; children?: ReactNode }) {
  return (
    <div className={classes.head}>
      <Title order={2} id={id}>
        {title}
      </Title>
      {children}
    </div>
  );
}
