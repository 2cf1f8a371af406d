import { Button, Text } from '@mantine/core';
import type { UseInfiniteQueryResult } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useFaultText } from './notices.tsx';

type LoadMoreProps = {
  list: Pick<
    UseInfiniteQueryResult,
    'hasNextPage' | 'isFetchingNextPage' | 'isFetchNextPageError' | 'error' | 'fetchNextPage'
  >;
};

/** The next page of a list, while there is one, and why it did not come. */
export function LoadMore({ list }: LoadMoreProps) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  return (
    <>
      {list.isFetchNextPageError && (
        <Text size="sm" role="alert" c="red">
          {faultText(list.error)}
        </Text>
      )}
      {list.hasNextPage && (
        <Button
          variant="default"
          style={{ justifySelf: 'center' }}
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {t('list.more')}
        </Button>
      )}
    </>
  );
}
