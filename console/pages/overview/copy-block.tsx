import { Button } from '@mantine/core';
import { useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { copyText } from '../../components/copy-text.ts';
import classes from './copy-block.module.css';

const SHOWN_MS = 3000;

/** Text to copy by one click. Where the browser refuses, it is selected for Ctrl+C. */
export function CopyBlock({ label, text }: { label: string; text: string }) {
  const { t } = useTranslation();
  const id = useId();
  const block = useRef<HTMLPreElement>(null);
  const [outcome, setOutcome] = useState<'copied' | 'selected' | null>(null);
  const show = (how: 'copied' | 'selected') => {
    setOutcome(how);
    setTimeout(() => setOutcome(null), SHOWN_MS);
  };
  const copy = async () => {
    if (await copyText(text)) return show('copied');
    if (block.current) getSelection()?.selectAllChildren(block.current);
    show('selected');
  };
  return (
    <div className={classes.frame}>
      <div className={classes.head}>
        <span id={id}>{label}</span>
        <Button
          className={classes.copy}
          variant="default"
          size="xs"
          aria-describedby={id}
          onClick={() => void copy()}
        >
          {t(`overview.${outcome ?? 'copy'}`)}
        </Button>
      </div>
      <pre ref={block} className={classes.text}>
        {text}
      </pre>
      <span className="spoken" role="status">
        {outcome && t(`overview.${outcome}`)}
      </span>
    </div>
  );
}
