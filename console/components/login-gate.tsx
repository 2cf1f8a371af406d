import { Button, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiFault, call, whenLocked } from '../api/client.ts';
import classes from './login-gate.module.css';
import { useFaultText } from './notices.tsx';

/** Asks for the token when the bridge does, and shows the rest when it is right. */
export function LoginGate({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [locked, setLocked] = useState(false);
  // Any answer but 401 means that we are let in, or that the pages will say what is wrong.
  const first = useQuery({
    queryKey: ['entry'],
    queryFn: () => call('GET', '/api/service').catch((error) => (error as ApiFault).status),
    staleTime: Number.POSITIVE_INFINITY,
  });
  useEffect(() => whenLocked(() => setLocked(true)), []);
  if (first.isPending) return null;
  if (!locked) return children;
  const enter = () => {
    setLocked(false);
    void queries.invalidateQueries();
  };
  return (
    <main className={classes.page}>
      <Paper withBorder p="lg" className={classes.card}>
        <Title order={1}>{t('shell.name')}</Title>
        <Text className="quiet" size="sm" mb="md">
          {t('shell.token_where')}
        </Text>
        <LoginForm onEntered={enter} />
      </Paper>
    </main>
  );
}

function LoginForm({ onEntered }: { onEntered(): void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [token, setToken] = useState('');
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    call('POST', '/api/login', { token: token.trim() })
      .then(onEntered)
      .catch((error) => setFault(faultText(error)))
      .finally(() => setBusy(false));
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <PasswordInput
          label={t('shell.token')}
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          error={fault}
          autoComplete="current-password"
          data-autofocus
          required
        />
        <Button type="submit" loading={busy}>
          {t('shell.log_in')}
        </Button>
      </Stack>
    </form>
  );
}
