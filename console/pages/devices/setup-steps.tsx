import { Code } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { CopyButton } from '../../components/copy-button.tsx';
import { familyOf } from './families.ts';
import classes from './setup-steps.module.css';

/** What a device is told in its own console, by family. */
const COMMANDS: Record<string, string> = { tasmota: 'Backlog TelePeriod 10; PowerDelta 105' };

/** What has to be set in a device of a family so that the bridge hears it well. */
export function SetupSteps({ type }: { type: string }) {
  const { t } = useTranslation();
  const family = familyOf(type);
  if (!family) return null;
  const command = COMMANDS[family.type];
  return (
    <div className={classes.steps}>
      <strong>{t('devices.setup_title', { family: family.title })}</strong>
      <p>{t(`devices.setup_${family.type}`)}</p>
      {command && (
        <div className={classes.command}>
          <Code>{command}</Code>
          <CopyButton size="compact-xs" label={t('devices.copy')} text={() => command} />
        </div>
      )}
    </div>
  );
}
