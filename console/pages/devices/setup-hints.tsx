import { Accordion, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { FAMILIES } from './families.ts';
import classes from './setup-hints.module.css';
import { SetupSteps } from './setup-steps.tsx';

/** Why a meter may not be listed: what has to be set in it, family by family. */
export function SetupHints() {
  const { t } = useTranslation();
  return (
    <section className={classes.hints} aria-labelledby="setup-hints">
      <Title order={2} id="setup-hints">
        {t('devices.not_listed')}
      </Title>
      <Accordion variant="contained" order={3}>
        {FAMILIES.map(({ type, title }) => (
          <Accordion.Item key={type} value={type}>
            <Accordion.Control>{title}</Accordion.Control>
            <Accordion.Panel>
              <SetupSteps type={type} />
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
    </section>
  );
}
