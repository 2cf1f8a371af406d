import { Button, Code, Group, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { at, call } from '../../api/client.ts';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Fact, Facts } from '../../components/facts.tsx';
import { useFormat } from '../../components/format.ts';
import classes from './device-panel.module.css';
import { familyName } from './families.ts';
import type { TemplateView, TemplateWithSecret } from './use-templates.ts';

type TemplatePanelProps = {
  template: TemplateView;
  onEdit(): void;
  onSecret(template: TemplateWithSecret): void;
  onGone(): void;
};

export function TemplatePanel({ template, onEdit, onSecret, onGone }: TemplatePanelProps) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { template_id: id, name } = template;
  const path = at('templates', id);
  const remove = async () => {
    await call('DELETE', path);
    onGone();
    void queries.invalidateQueries({ queryKey: ['templates'] });
    return t('devices.removed_done', { name });
  };
  const renew = async () => {
    onSecret(await call<TemplateWithSecret>('POST', at('templates', id, 'secret')));
    return t('devices.secret_renewed');
  };
  return (
    <Stack gap="md">
      <Group gap="xs">
        <Button size="xs" onClick={onEdit}>
          {t('list.edit')}
        </Button>
        <ConfirmButton
          size="xs"
          label={t('devices.remove')}
          destroys
          consequence={t('devices.template_remove_what', { name, count: template.devices })}
          act={remove}
        />
      </Group>
      <TemplateFacts template={template} />
      <ProvisionKey text={template.provision_key} />
      <section className={classes.block} aria-label={t('devices.provision_secret')}>
        <Text fw={600} size="sm">
          {t('devices.provision_secret')}
        </Text>
        <Text size="sm" className="quiet">
          {t('devices.secret_kept')}
        </Text>
        <Group gap="xs">
          <ConfirmButton
            size="xs"
            label={t('devices.secret_renew')}
            destroys
            consequence={t('devices.secret_renew_what', { name })}
            act={renew}
          />
        </Group>
      </section>
    </Stack>
  );
}

function ProvisionKey({ text }: { text: string }) {
  const { t } = useTranslation();
  return (
    <section className={classes.block} aria-label={t('devices.provision_key')}>
      <Text fw={600} size="sm">
        {t('devices.provision_key')}
      </Text>
      <Code block className={classes.token}>
        {text}
      </Code>
      <Group gap="xs">
        <CopyButton size="xs" label={t('devices.key_copy')} text={() => text} />
      </Group>
    </section>
  );
}

function TemplateFacts({ template }: { template: TemplateView }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { defaults } = template;
  const { standby_threshold_w: standbyW, working_threshold_w: workingW } = defaults.session_config;
  return (
    <Facts>
      <Fact name={t('devices.condition')}>
        {t(template.enabled ? 'devices.template_enabled' : 'devices.template_disabled')}
      </Fact>
      <Fact name={t('devices.title')}>{format.count(template.devices)}</Fact>
      <Fact name={t('devices.approval')}>
        {t(template.approval_required ? 'devices.approval_asked' : 'devices.approval_none')}
      </Fact>
      <Fact name={t('devices.key_policy')}>{t(`devices.policy_${template.key_policy}`)}</Fact>
      <Fact name={t('devices.allowed_keys')}>
        {template.allowed_keys === null
          ? t('devices.keys_any')
          : t('devices.keys_some', { count: template.allowed_keys.length })}
      </Fact>
      <Fact name={t('devices.field_mqtt_topic')}>{defaults.mqtt_topic}</Fact>
      <Fact name={t('devices.family')}>{familyName(defaults.parser_type, t)}</Fact>
      <Fact name={t('devices.thresholds')}>{`${standbyW} W · ${workingW} W`}</Fact>
      <Fact name={t('devices.made_at')}>{format.moment(template.created_at)}</Fact>
    </Facts>
  );
}
