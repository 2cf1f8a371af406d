import { Button, CloseButton, Collapse, Group, Stack, Text, TextInput } from '@mantine/core';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PartProps } from './compose-form.tsx';
import classes from './compose-properties.module.css';
import { type Draft, newProperty, type UserProperty } from './draft.ts';

const countOf = ({ userProperties, contentType, responseTopic, correlationHex, expiryS }: Draft) =>
  userProperties.length +
  [contentType, responseTopic, correlationHex, expiryS].filter((text) => text !== '').length;

const FIELDS = ['user_properties', 'content_type', 'response_topic', 'correlation_data_hex', 'expiry_s'];

/** What MQTT 5 lets a message carry besides; out of the way until it is wanted. */
export function ComposeProperties({ draft, set, fault }: PartProps) {
  const { t } = useTranslation();
  const id = useId();
  const count = countOf(draft);
  const [wantsOpen, setOpen] = useState(count > 0);
  // What is wrong must be seen.
  const isOpen = wantsOpen || FIELDS.some((field) => fault(field) !== undefined);
  return (
    <div>
      <Button
        variant="subtle"
        size="compact-sm"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        {isOpen ? '▾' : '▸'} {t('messages.properties', { n: count })}
      </Button>
      <Collapse id={id} expanded={isOpen}>
        <Stack gap="xs" mt="xs">
          <UserProperties draft={draft} set={set} fault={fault} />
          <AnswerFields draft={draft} set={set} fault={fault} />
          <TextInput
            label={t('messages.expiry')}
            description={t('messages.expiry_hint')}
            inputMode="numeric"
            value={draft.expiryS}
            onChange={(event) => set({ expiryS: event.currentTarget.value.trim() })}
            error={fault('expiry_s')}
            rightSection={
              <Text size="sm" className="quiet">
                s
              </Text>
            }
          />
        </Stack>
      </Collapse>
    </div>
  );
}

function UserProperties({ draft: { userProperties }, set, fault }: PartProps) {
  const { t } = useTranslation();
  const change = (key: number, part: Partial<UserProperty>) =>
    set({ userProperties: userProperties.map((one) => (one.key === key ? { ...one, ...part } : one)) });
  return (
    <fieldset className={classes.group}>
      <Text component="legend" size="sm" fw={500}>
        {t('messages.user_properties')}
      </Text>
      {userProperties.map(({ key, name, value }) => (
        <Group key={key} gap="xs" wrap="nowrap" mb={4}>
          <TextInput
            aria-label={t('messages.property_name')}
            placeholder={t('messages.property_name')}
            value={name}
            maxLength={1024}
            onChange={(event) => change(key, { name: event.currentTarget.value })}
          />
          <TextInput
            aria-label={t('messages.property_value')}
            placeholder={t('messages.property_value')}
            value={value}
            maxLength={4096}
            onChange={(event) => change(key, { value: event.currentTarget.value })}
          />
          <CloseButton
            aria-label={t('messages.remove_property', { name })}
            onClick={() => set({ userProperties: userProperties.filter((one) => one.key !== key) })}
          />
        </Group>
      ))}
      {fault('user_properties') && (
        <Text size="xs" c="red">
          {fault('user_properties')}
        </Text>
      )}
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => set({ userProperties: [...userProperties, newProperty()] })}
      >
        {t('messages.add_property')}
      </Button>
    </fieldset>
  );
}

/** What the payload is, and where an answer goes. */
function AnswerFields({ draft, set, fault }: PartProps) {
  const { t } = useTranslation();
  return (
    <>
      <TextInput
        label={t('messages.content_type')}
        placeholder="application/json"
        value={draft.contentType}
        onChange={(event) => set({ contentType: event.currentTarget.value })}
        error={fault('content_type')}
      />
      <TextInput
        label={t('messages.response_topic')}
        description={t('messages.response_topic_hint')}
        value={draft.responseTopic}
        onChange={(event) => set({ responseTopic: event.currentTarget.value })}
        error={fault('response_topic')}
        spellCheck={false}
      />
      <TextInput
        label={t('messages.correlation')}
        description={t('messages.correlation_hint')}
        value={draft.correlationHex}
        onChange={(event) => set({ correlationHex: event.currentTarget.value })}
        error={fault('correlation_data_hex')}
        spellCheck={false}
      />
    </>
  );
}
