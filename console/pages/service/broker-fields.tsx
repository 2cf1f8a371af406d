import { NativeSelect, Switch, Text, Textarea, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { type BrokerDraft, isEncrypted } from './broker-draft.ts';
import type { BrokerFieldsProps } from './broker-form.tsx';
import { SecretField } from './secret-field.tsx';

/** Where it is, and how we log in. */
export function BrokerAddressFields({ broker, draft, set, fault }: BrokerFieldsProps) {
  const { t } = useTranslation();
  return (
    <>
      <TextInput
        label={t('service.name')}
        required
        value={draft.name}
        maxLength={128}
        onChange={(event) => set({ name: event.currentTarget.value })}
        error={fault('name')}
        data-autofocus
      />
      {!broker && (
        <TextInput
          label={t('service.broker_id')}
          description={t('service.broker_id_hint')}
          value={draft.brokerId}
          maxLength={64}
          onChange={(event) => set({ brokerId: event.currentTarget.value })}
          error={fault('broker_id')}
          spellCheck={false}
        />
      )}
      <TextInput
        label="URL"
        required
        description={t('service.url_hint')}
        placeholder="mqtts://broker.local:8883"
        value={draft.url}
        onChange={(event) => set({ url: event.currentTarget.value })}
        error={fault('url')}
        spellCheck={false}
      />
      <TextInput
        label={t('service.username')}
        value={draft.username}
        onChange={(event) => set({ username: event.currentTarget.value })}
        error={fault('username')}
        autoComplete="off"
        spellCheck={false}
      />
      <SecretField
        label={t('service.password')}
        hint={t('service.secret_hint')}
        has={broker?.has_password ?? false}
        secret={draft.password}
        onChange={(password) => set({ password })}
        error={fault('password')}
      />
    </>
  );
}

/** What is only needed when the URL asks for TLS. */
export function BrokerTlsFields({ broker, draft, set, fault }: BrokerFieldsProps) {
  const { t } = useTranslation();
  const holdsTls = draft.ca !== '' || draft.cert !== '' || draft.insecure || broker?.tls.has_key === true;
  if (!isEncrypted(draft.url) && !holdsTls) return null;
  return (
    <>
      <Pem name="ca" draft={draft} set={set} fault={fault} />
      <Pem name="cert" draft={draft} set={set} fault={fault} />
      <SecretField
        label={t('service.key')}
        hint={t('service.key_hint')}
        has={broker?.tls.has_key ?? false}
        isLong
        secret={draft.key}
        onChange={(key) => set({ key })}
        error={fault('tls.key')}
      />
      <Switch
        label={t('service.insecure')}
        description={t('service.insecure_hint')}
        checked={draft.insecure}
        onChange={(event) => set({ insecure: event.currentTarget.checked })}
      />
      {fault('tls') && (
        <Text size="sm" c="red">
          {fault('tls')}
        </Text>
      )}
    </>
  );
}

function Pem({ name, draft, set, fault }: Omit<BrokerFieldsProps, 'broker'> & { name: 'ca' | 'cert' }) {
  const { t } = useTranslation();
  return (
    <Textarea
      label={t(`service.${name}`)}
      description={t(`service.${name}_hint`)}
      placeholder="-----BEGIN CERTIFICATE-----"
      rows={3}
      value={draft[name]}
      onChange={(event) => set({ [name]: event.currentTarget.value })}
      error={fault(`tls.${name}`)}
      spellCheck={false}
    />
  );
}

const VERSIONS = ['auto', 4, 5] as const;

/** How we speak with it. */
export function BrokerSessionFields({ draft, set, fault }: BrokerFieldsProps) {
  const { t } = useTranslation();
  const choose = (value: string) => {
    const version: BrokerDraft['protocolVersion'] | undefined = VERSIONS.find((one) => String(one) === value);
    if (version !== undefined) set({ protocolVersion: version });
  };
  return (
    <>
      <TextInput
        label={t('service.client_id')}
        description={t('service.client_id_hint')}
        value={draft.clientId}
        onChange={(event) => set({ clientId: event.currentTarget.value })}
        error={fault('client_id')}
        spellCheck={false}
      />
      <NativeSelect
        label={t('service.protocol_version')}
        value={String(draft.protocolVersion)}
        onChange={(event) => choose(event.currentTarget.value)}
        error={fault('protocol_version')}
        data={VERSIONS.map((version) => ({ value: String(version), label: t(`service.version_${version}`) }))}
      />
      <TextInput
        label={t('service.keep_alive')}
        description={t('service.keep_alive_hint')}
        placeholder="30"
        inputMode="numeric"
        value={draft.keepAliveS}
        onChange={(event) => set({ keepAliveS: event.currentTarget.value.trim() })}
        error={fault('keep_alive_s')}
        rightSection={
          <Text size="sm" className="quiet">
            s
          </Text>
        }
      />
      <Switch
        label={t('service.clean_session')}
        description={t('service.clean_session_hint')}
        checked={draft.cleanSession}
        onChange={(event) => set({ cleanSession: event.currentTarget.checked })}
      />
    </>
  );
}
