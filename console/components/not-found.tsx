import { Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

export function NotFound() {
  const { t } = useTranslation();
  return (
    <>
      <Title order={1}>{t('shell.not_found')}</Title>
      <Text>
        <Link to="/">{t('shell.to_overview')}</Link>
      </Text>
    </>
  );
}
