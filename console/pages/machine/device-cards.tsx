import { Button, Group, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceDetail } from '../../../src/model/own-device.ts';
import { at, call } from '../../api/client.ts';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { copyText } from '../../components/copy-text.ts';
import { Fact, Facts } from '../../components/facts.tsx';
import { useFormat } from '../../components/format.ts';
import { useNotices } from '../../components/notices.tsx';
import classes from './machine.module.css';
import { deviceKey } from './use-device.ts';

/** Beside the fields: who the device is, its token, and what went wrong last. */
export function DeviceCards({ device }: { device: DeviceDetail }) {
  return (
    <div className={classes.stack}>
      <LastProblem device={device} />
      <Identity device={device} />
      <Token device={device} />
    </div>
  );
}

function Named({ facts }: { facts: readonly (readonly [word: string, value: string])[] }) {
  const { t } = useTranslation();
  return (
    <Facts>
      {facts.map(([word, value]) => (
        <Fact key={word} name={t(`machine.${word}`)}>
          {value}
        </Fact>
      ))}
    </Facts>
  );
}

function LastProblem({ device: { last_problem: problem, late_messages } }: { device: DeviceDetail }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <section className={classes.card}>
      <Title order={2}>{t('machine.last_problem')}</Title>
      {problem ? (
        <Named
          facts={[
            ['time', format.moment(problem.at)],
            ['topic', problem.topic],
            ['reason', problem.reason],
            ['detail', problem.detail],
          ]}
        />
      ) : (
        <Text size="sm">{t('machine.no_problem')}</Text>
      )}
      {late_messages > 0 && (
        <Text size="sm">{t('machine.late_messages', { messages: format.count(late_messages) })}</Text>
      )}
    </section>
  );
}

function Identity({ device }: { device: DeviceDetail }) {
  const { t } = useTranslation();
  return (
    <section className={classes.card}>
      <Title order={2}>{t('machine.device')}</Title>
      <Named
        facts={[
          ['device_id', device.device_id],
          ['source', t(`machine.source_${device.source}`)],
          ['family', device.family ?? t('machine.unknown')],
          ...(device.template_id === null ? [] : [['template', device.template_id] as const]),
          ...(device.topics.length === 0 ? [] : [['topics', device.topics.join('\n')] as const]),
        ]}
      />
    </section>
  );
}

type TokenAnswer = { device_id: string; token: string };

/** The token of the device: masked, copied by a click, and when it was used and copied last. */
function Token({ device }: { device: DeviceDetail }) {
  const { t } = useTranslation();
  const format = useFormat();
  const notices = useNotices();
  const queries = useQueryClient();
  const deviceId = device.device_id;
  // Where the page may not write to the clipboard, the token is shown to be copied by hand.
  const [shown, setShown] = useState<string | null>(null);
  const toClipboard = async ({ token }: TokenAnswer): Promise<boolean> => {
    void queries.invalidateQueries({ queryKey: deviceKey(deviceId) });
    const isCopied = await copyText(token);
    if (!isCopied) setShown(token);
    return isCopied;
  };
  const words = (isCopied: boolean) => t(isCopied ? 'machine.token_copied' : 'machine.token_shown');
  const copying = useMutation({
    mutationFn: async () => toClipboard(await call<TokenAnswer>('GET', at('devices', deviceId, 'token'))),
    onSuccess: (isCopied) => notices.done(words(isCopied)),
    onError: (error) => notices.failed(error),
  });
  const { token } = device;
  return (
    <section className={classes.card}>
      <Title order={2}>{t('machine.token')}</Title>
      <Text size="sm" className="quiet">
        {t(token ? 'machine.token_hint' : 'machine.token_none')}
      </Text>
      {token && (
        <Named
          facts={[
            ['token_made', format.moment(token.created_at)],
            ['token_used', format.moment(token.last_used_at)],
            ['token_seen', format.moment(token.last_copied_at)],
          ]}
        />
      )}
      {shown !== null && (
        <TextInput
          label={t('machine.token')}
          value={shown}
          readOnly
          onFocus={(event) => event.target.select()}
        />
      )}
      <Group gap="sm">
        <Button variant="default" loading={copying.isPending} onClick={() => copying.mutate()}>
          {t('machine.copy_token')}
        </Button>
        <ConfirmButton
          label={t('machine.rotate_token')}
          destroys
          consequence={t('machine.rotate_consequence')}
          act={async () => {
            const made = await call<TokenAnswer>('POST', at('devices', deviceId, 'token'));
            return `${t('machine.token_rotated')} ${words(await toClipboard(made))}`;
          }}
        />
      </Group>
    </section>
  );
}
