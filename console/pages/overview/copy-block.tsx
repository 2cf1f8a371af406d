import { Button } from '@mantine/core';
import { useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './copy-block.module.css';

const SHOWN_MS = 3000;

/** Selects what `element` shows, and copies that where the browser lets pages without TLS copy. */
function copySelected(element: HTMLElement): boolean {
  const selection = getSelection();
  selection?.selectAllChildren(element);
  return document.execCommand('copy');
}

/** Text to copy by one click. Without TLS it is selected at least, for Ctrl+C. */
export function CopyBlock({ label, text }: { label: string; text: string }) {
  const { t } = useTranslation();
  const id = useId();
  const block = useRef<HTMLPreElement>(null);
  const [outcome, setOutcome] = useState<'copied' | 'selected' | null>(null);
  const show = (how: 'copied' | 'selected') => {
    setOutcome(how);
    setTimeout(() => setOutcome(null), SHOWN_MS);
  };
  const selectInstead = () => {
    if (block.current) show(copySelected(block.current) ? 'copied' : 'selected');
  };
  const copy = () => {
    // There is no clipboard where the page came without TLS.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    if (!clipboard) return selectInstead();
    clipboard.writeText(text).then(() => show('copied'), selectInstead);
  };
  return (
    <div className={classes.frame}>
      <div className={classes.head}>
        <span id={id}>{label}</span>
        <Button className={classes.copy} variant="default" size="xs" aria-describedby={id} onClick={copy}>
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
