import { Button, type ButtonProps, Group, Modal, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNotices } from './notices.tsx';

type ConfirmButtonProps = ButtonProps & {
  /** What the button does, as its label. */
  label: string;
  /** What will happen, in a sentence. */
  consequence: ReactNode;
  /** What it takes away cannot be had again. */
  destroys?: boolean;
  /** Does it; what it resolves to is shown as the result. */
  act(): Promise<string>;
};

/** A button for what is not done by mistake: it says what it does, asks, does it and shows how it went. */
export function ConfirmButton({ label, consequence, destroys = false, act, ...button }: ConfirmButtonProps) {
  const { t } = useTranslation();
  const notices = useNotices();
  const [isOpen, setOpen] = useState(false);
  const action = useMutation({
    mutationFn: act,
    onSuccess: (done) => notices.done(done),
    onError: (error) => notices.failed(error),
    onSettled: () => setOpen(false),
  });
  return (
    <>
      <Button variant="default" {...button} onClick={() => setOpen(true)}>
        {label}
      </Button>
      <Modal
        opened={isOpen}
        onClose={() => setOpen(false)}
        title={label}
        closeButtonProps={{ 'aria-label': t('shell.close') }}
        centered
      >
        <Text size="sm">{consequence}</Text>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={() => setOpen(false)}>
            {t('list.cancel')}
          </Button>
          <Button
            {...(destroys && { color: 'red' })}
            loading={action.isPending}
            onClick={() => action.mutate()}
          >
            {label}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
