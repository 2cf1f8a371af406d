import { Menu, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { call } from '../api/client.ts';
import { chooseLanguage, LANGUAGES, type Language } from '../language.ts';
import classes from './preferences.module.css';
import { Sign } from './sign.tsx';

const SCHEMES = ['auto', 'light', 'dark'] as const;

/** Language, light or dark, and the way out. */
export function Preferences() {
  const { t, i18n } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const queries = useQueryClient();
  const leave = () => {
    void call('POST', '/api/logout').then(() => queries.invalidateQueries());
  };
  return (
    <Menu position="bottom-end" withArrow shadow="md">
      <Menu.Target>
        <UnstyledButton aria-label={t('shell.preferences')} className={classes.button}>
          <Sign name="gear" className={classes.sign} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('shell.language')}</Menu.Label>
        {Object.entries(LANGUAGES).map(([language, name]) => (
          <Menu.Item
            key={language}
            lang={language}
            aria-checked={i18n.language === language}
            rightSection={i18n.language === language ? '✓' : null}
            onClick={() => void chooseLanguage(language as Language)}
          >
            {name}
          </Menu.Item>
        ))}
        <Menu.Label>{t('shell.appearance')}</Menu.Label>
        {SCHEMES.map((scheme) => (
          <Menu.Item
            key={scheme}
            aria-checked={colorScheme === scheme}
            rightSection={colorScheme === scheme ? '✓' : null}
            onClick={() => setColorScheme(scheme)}
          >
            {t(`shell.scheme_${scheme}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={leave}>{t('shell.log_out')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
