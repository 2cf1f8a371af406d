import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { PageHead } from '../../components/page-head.tsx';
import { DiagnosisList } from './diagnosis-list.tsx';
import { HealthFacts } from './health-facts.tsx';
import classes from './page.module.css';
import { Places } from './places.tsx';
import { useDiagnosis } from './use-diagnosis.ts';

export function Page() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const diagnosis = useDiagnosis();
  const checkAgain = () => {
    void diagnosis.refetch();
    void queries.invalidateQueries({ queryKey: ['health'] });
  };
  return (
    <>
      <PageHead title={t('about.title')}>
        <Button variant="default" loading={diagnosis.isFetching} onClick={checkAgain}>
          {t('about.check_again')}
        </Button>
      </PageHead>
      <div className={classes.columns}>
        <DiagnosisList diagnosis={diagnosis} />
        <div className={classes.side}>
          <HealthFacts />
          <Places />
        </div>
      </div>
    </>
  );
}
