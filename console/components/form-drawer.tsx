import { Alert, Button, Drawer, Text } from '@mantine/core';
import { type FormEvent, type ReactNode, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './form-drawer.module.css';
import { useFaultText } from './notices.tsx';

type FormDrawerProps = { title: string; opened: boolean; onClose(): void; children: ReactNode };

/** A form over the page. It does not close by a click beside it: what was typed would be gone. */
export function FormDrawer({ title, opened, onClose, children }: FormDrawerProps) {
  const { t } = useTranslation();
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      title={title}
      position="right"
      size="min(38rem, 100%)"
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': t('shell.close') }}
      classNames={{ body: classes.body, content: classes.content }}
    >
      {children}
    </Drawer>
  );
}

type FormProps = {
  error: unknown;
  /** Faults that belong to no field. */
  rest: readonly string[];
  busy: boolean;
  /** Whether it can be sent as it stands. */
  isReady: boolean;
  onSubmit(): void;
  onClose(): void;
  children: ReactNode;
};

/** Fields, what was wrong with them, and the two buttons. The first faulty field gets the focus. */
function Form({ error, rest, busy, isReady, onSubmit, onClose, children }: FormProps) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (error) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [error]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form ref={form} onSubmit={submit} className={classes.form}>
      <div className={classes.fields}>{children}</div>
      <div className={classes.foot}>
        {Boolean(error) && (
          <Alert color="red" role="alert" py="xs">
            <Text size="sm" fw={600}>
              {faultText(error)}
            </Text>
            {rest.map((one) => (
              <Text size="sm" key={one}>
                {one}
              </Text>
            ))}
          </Alert>
        )}
        <div className={classes.buttons}>
          <Button variant="default" onClick={onClose}>
            {t('list.cancel')}
          </Button>
          <Button type="submit" loading={busy} disabled={!isReady}>
            {t('list.save')}
          </Button>
        </div>
      </div>
    </form>
  );
}

FormDrawer.Form = Form;
