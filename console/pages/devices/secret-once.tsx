import { Button, Code, Group, Modal, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { CopyButton } from '../../components/copy-button.tsx';
import classes from './device-panel.module.css';
import type { TemplateWithSecret } from './use-templates.ts';

type SecretOnceProps = { template: TemplateWithSecret | null; onClose(): void };

/** Key and secret of a template. It closes by its button only: the secret cannot be had again. */
export function SecretOnce({ template, onClose }: SecretOnceProps) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={template !== null}
      onClose={onClose}
      title={t('devices.secret_title')}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
      centered
    >
      {template && (
        <Stack gap="sm">
          <Text size="sm">{t('devices.secret_once', { name: template.name })}</Text>
          <Secret
            label={t('devices.provision_key')}
            copy={t('devices.key_copy')}
            text={template.provision_key}
          />
          <Secret
            label={t('devices.provision_secret')}
            copy={t('devices.secret_copy')}
            text={template.provision_secret}
          />
          <Group justify="flex-end">
            <Button onClick={onClose}>{t('devices.secret_have')}</Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}

function Secret({ label, copy, text }: { label: string; copy: string; text: string }) {
  return (
    <div>
      <Text size="sm" fw={600}>
        {label}
      </Text>
      <Code block className={classes.token}>
        {text}
      </Code>
      <CopyButton mt={6} size="xs" label={copy} text={() => text} />
    </div>
  );
}
