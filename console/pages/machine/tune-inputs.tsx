import { NumberInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { TUNED, type TunedConfig, type TunedField, withThreshold } from './session-config.ts';

type TuneInputsProps = {
  inForce: TunedConfig;
  draft: TunedConfig;
  onDraft(change: Partial<TunedConfig>): void;
};

const UNITS: Record<TunedField, 'W' | 's'> = {
  standby_threshold_w: 'W',
  working_threshold_w: 'W',
  start_debounce_s: 's',
  stop_debounce_s: 's',
  message_timeout_s: 's',
};

/** The figures that are tried, each with the one in force. */
export function TuneInputs({ inForce, draft, onDraft }: TuneInputsProps) {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 3 });
  const separator = number.formatToParts(0.5).find(({ type }) => type === 'decimal')?.value ?? '.';
  const set = (field: TunedField, value: string | number) => {
    const given = typeof value === 'number' ? value : null;
    if (given !== null && field === 'standby_threshold_w') onDraft(withThreshold(draft, 'standby', given));
    else if (given !== null && field === 'working_threshold_w')
      onDraft(withThreshold(draft, 'working', given));
    else if (given !== null || field === 'message_timeout_s') onDraft({ ...draft, [field]: given });
  };
  return TUNED.map((field) => {
    const unit = UNITS[field];
    const now = inForce[field];
    const nowText = now === null ? t('machine.by_family') : `${number.format(now)} ${unit}`;
    return (
      <NumberInput
        key={field}
        label={t(`machine.fields.${field}.label`)}
        description={t('machine.in_force', { value: nowText })}
        value={draft[field] ?? ''}
        placeholder={field === 'message_timeout_s' ? t('machine.by_family') : ''}
        onChange={(value) => set(field, value)}
        min={0}
        step={unit === 'W' ? 5 : 1}
        suffix={` ${unit}`}
        decimalSeparator={separator}
        decimalScale={3}
      />
    );
  });
}
