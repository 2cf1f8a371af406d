import { Button, type ButtonProps } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { copyText } from './copy-text.ts';
import { useNotices } from './notices.tsx';

type CopyButtonProps = ButtonProps & {
  label: string;
  /** What is copied; null: it could not be had, and that was said. */
  text(): Promise<string | null> | string;
};

/** Copies with one click, and says that it did. */
export function CopyButton({ label, text, ...button }: CopyButtonProps) {
  const { t } = useTranslation();
  const notices = useNotices();
  const [busy, setBusy] = useState(false);
  const copy = async () => {
    setBusy(true);
    const found = await text();
    setBusy(false);
    if (found === null) return;
    if (await copyText(found)) notices.done(t('list.copied'));
    else notices.failed(new Error(t('list.copy_refused')));
  };
  return (
    <Button variant="default" loading={busy} {...button} onClick={() => void copy()}>
      {label}
    </Button>
  );
}
