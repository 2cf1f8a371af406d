import { useTranslation } from 'react-i18next';
import { PageHead } from '../../components/page-head.tsx';
import { BrokersList } from './brokers-list.tsx';
import { EmbeddedBroker } from './embedded-broker.tsx';
import classes from './service.module.css';
import { ServiceStatus } from './service-status.tsx';
import { SubscriptionsList } from './subscriptions-list.tsx';

/** The connections to brokers: the switch over all, each of them, and what is listened to. */
export function Page() {
  const { t } = useTranslation();
  return (
    <>
      <PageHead title={t('shell.service')} />
      <div className={classes.sections}>
        <ServiceStatus />
        <BrokersList />
        <SubscriptionsList />
        <EmbeddedBroker />
      </div>
    </>
  );
}
