import { Button, Group, PasswordInput, Text, Textarea } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { SecretDraft } from './broker-draft.ts';

type SecretFieldProps = {
  label: string;
  hint: string;
  /** There is one already; it is never shown. */
  has: boolean;
  isLong?: boolean;
  secret: SecretDraft;
  onChange(secret: SecretDraft): void;
  error: string | undefined;
};

/** A secret: kept unless something new is typed or it is removed. */
export function SecretField({ label, hint, has, isLong, secret, onChange, error }: SecretFieldProps) {
  const { t } = useTranslation();
  const isRemoved = secret.change === 'remove';
  const Input = isLong ? Textarea : PasswordInput;
  const kept = has && secret.change === 'keep';
  return (
    <div>
      <Input
        label={label}
        description={hint}
        placeholder={kept ? t('service.secret_kept') : isRemoved ? t('service.secret_removed') : ''}
        value={secret.change === 'set' ? secret.value : ''}
        onChange={({ currentTarget: { value } }) =>
          onChange(value === '' ? { change: 'keep' } : { change: 'set', value })
        }
        error={error}
        autoComplete="new-password"
        {...(isLong && { rows: 3, spellCheck: false })}
      />
      {has && (
        <Group gap="xs" mt={4}>
          <Text size="xs" className="quiet">
            {t(
              isRemoved ? 'service.secret_removed' : kept ? 'service.secret_kept' : 'service.secret_replaced',
            )}
          </Text>
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => onChange({ change: kept ? 'remove' : 'keep' })}
          >
            {t(kept ? 'service.secret_remove' : 'service.secret_keep')}
          </Button>
        </Group>
      )}
    </div>
  );
}
