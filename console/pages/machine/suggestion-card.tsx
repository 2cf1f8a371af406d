import { Button, Skeleton, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { SuggestedConfig, Suggestion } from '../../../src/model/replay.ts';
import { useFormat } from '../../components/format.ts';
import { ChartFault } from './chart-tab.tsx';
import classes from './machine.module.css';
import { TUNED, type TunedConfig } from './session-config.ts';
import { useSuggestion } from './use-replay.ts';

type SuggestionCardProps = { deviceId: string; onTake(change: Partial<TunedConfig>): void };

/** What the history suggests, how far to trust it and why; taking it only fills in the figures. */
export function SuggestionCard({ deviceId, onTake }: SuggestionCardProps) {
  const { t } = useTranslation();
  const { data, isPending, error, refetch } = useSuggestion(deviceId);
  return (
    <section className={classes.card}>
      <Title order={2}>{t('machine.suggestion')}</Title>
      {error ? (
        <ChartFault error={error} onRetry={() => void refetch()} />
      ) : isPending || !data ? (
        <Skeleton height={200} role="status" aria-label={t('list.loading')} />
      ) : (
        <Reasons suggestion={data} onTake={onTake} />
      )}
    </section>
  );
}

/** A suggestion without a timeout leaves it as it is. */
function taken({ message_timeout_s, ...config }: SuggestedConfig): Partial<TunedConfig> {
  return message_timeout_s === null ? config : { ...config, message_timeout_s };
}

function Reasons({
  suggestion,
  onTake,
}: {
  suggestion: Suggestion;
  onTake(change: Partial<TunedConfig>): void;
}) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const { confidence, session_config: config, sentences, from, to } = suggestion;
  const number = new Intl.NumberFormat(i18n.language);
  return (
    <>
      <Text size="sm">
        <strong>{t(`machine.confidence_${confidence}`)}</strong> {t(`machine.confidence_${confidence}_hint`)}
      </Text>
      <Text size="xs" className="quiet figures">
        {t('machine.of_period', { from: format.day(from), to: format.day(to) })}
      </Text>
      {config && (
        <dl className={`${classes.list} figures`}>
          {TUNED.map((field) => {
            const value = config[field];
            const unit = field.endsWith('_w') ? 'W' : 's';
            return (
              <div key={field}>
                <dt>{t(`machine.fields.${field}.label`)}</dt>
                <dd>{value === null ? t('machine.as_it_is') : `${number.format(value)} ${unit}`}</dd>
              </div>
            );
          })}
        </dl>
      )}
      <ul className={classes.sentences} lang="en">
        {sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      {config && (
        <Button variant="default" onClick={() => onTake(taken(config))}>
          {t('machine.take_suggestion')}
        </Button>
      )}
    </>
  );
}
