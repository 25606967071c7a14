import { Button } from 'antd';
import { useText } from '../../text/text.js';

/** A list whose pages are loaded one by one, as `usePages` returns it. */
export interface Pages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage(): unknown;
}

/** The button that loads the next page of a list; nothing after the last one. */
export function LoadMore({ pages }: { pages: Pages }) {
  const t = useText();
  if (!pages.hasNextPage) return null;
  return (
    <Button loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
      {t('loadMore')}
    </Button>
  );
}
