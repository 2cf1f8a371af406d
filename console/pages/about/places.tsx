import { Paper } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import classes from './places.module.css';

/** Pages that the bridge serves besides the console. */
const SERVED = [
  { path: '/docs', word: 'docs' },
  { path: '/openapi.json', word: 'openapi' },
  { path: '/metrics', word: 'metrics' },
  { path: '/health', word: 'report' },
] as const;

/** Where to read on. */
export function Places() {
  const { t } = useTranslation();
  return (
    <Paper withBorder component="nav" aria-label={t('about.places')}>
      <ul className={classes.places}>
        <li>
          <Link to="/configuration">{t('about.configuration_history')}</Link>{' '}
          <span className="quiet">{t('about.configuration_history_hint')}</span>
        </li>
        {SERVED.map(({ path, word }) => (
          <li key={path}>
            <a href={path} target="_blank" rel="noreferrer">
              {t(`about.${word}`)}
            </a>{' '}
            <span className="quiet">{t(`about.${word}_hint`)}</span>
          </li>
        ))}
      </ul>
    </Paper>
  );
}
