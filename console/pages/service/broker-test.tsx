import { useTranslation } from 'react-i18next';
import { useFormat } from '../../components/format.ts';
import classes from './service.module.css';

/** The answer of `POST /api/brokers/…/test`. */
export type TestAnswer = {
  ok: boolean;
  message: string;
  protocol_version: 4 | 5 | null;
  latency_ms: number | null;
  certificate: { subject: string; issuer: string; valid_to: string } | null;
};

/** How a try to connect went, in plain words. */
export function BrokerTest({ answer }: { answer: TestAnswer }) {
  const { t } = useTranslation();
  const f = useFormat();
  const { ok, message, protocol_version, latency_ms, certificate } = answer;
  const version = protocol_version === 5 ? 'MQTT 5' : 'MQTT 3.1.1';
  return (
    <div className={`${classes.test} ${classes.wide}`} data-ok={ok || undefined} role="status">
      {ok && latency_ms !== null
        ? t('service.test_ok', { ms: f.count(latency_ms), version })
        : t(ok ? 'service.test_fine' : 'service.test_failed', { message })}
      {certificate && (
        <div>
          {t('service.test_certificate', {
            subject: certificate.subject,
            issuer: certificate.issuer,
            until: f.day(certificate.valid_to),
          })}
        </div>
      )}
    </div>
  );
}
